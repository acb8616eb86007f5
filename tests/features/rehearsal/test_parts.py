"""A feature is rehearsed by what it brings for that, and the others do without it."""

import pickle
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from liveshop.core import errors, wire
from liveshop.core.commands import Command, HostCommand, StartSession
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import Event, KnownEvent, ProductPinned
from liveshop.core.feature import KERNEL, Feature, Vocabulary
from liveshop.core.rehearsal import Rehearsal, RehearsalPart
from liveshop.core.roles import Identity, Role
from liveshop.core.session import Part, SessionState
from liveshop.features.rehearsal import http_records
from liveshop.features.rehearsal.rules import rehearsed_commands
from liveshop.features.rehearsal.state import rehearsal_state
from tests.applause import APPLAUSE
from tests.features.rehearsal.rehearsed import ADA, RehearsedShow, a_beginning
from tests.vocabulary import VOCABULARY

# ---- a feature with all that it may bring: bids on a pot -------------------------------------


class OpenPot(HostCommand, frozen=True, kw_only=True, tag="pot.open"):
    feature = "pot"


class Bid(Command, frozen=True, kw_only=True, tag="pot.bid"):
    feature = "pot"
    needs = Role.VIEWER
    amount: int


class PotOpened(KnownEvent, frozen=True, kw_only=True, tag="pot.opened"):
    feature = "pot"
    pins: int


class ClosePot(SystemCommand, frozen=True, kw_only=True):
    feature = "pot"


class PotClosed(KnownEvent, frozen=True, kw_only=True, tag="pot.closed"):
    feature = "pot"
    highest: int


class PotPart(Part, frozen=True, kw_only=True):
    opened_ms: int | None = None

    def decide(
        self, state: SessionState, command: HostCommand | SystemCommand, facts: Facts
    ) -> Decision:
        offset, at_ms = state.offset + 1, facts.now_ms
        if isinstance(command, ClosePot):
            highest = facts.found["pot"]["highest"]
            return Decision(events=(PotClosed(offset=offset, at_ms=at_ms, highest=highest),))
        pins = facts.found["pot"]["pins"]
        return Decision(events=(PotOpened(offset=offset, at_ms=at_ms, pins=pins),))

    def after(self, event: KnownEvent) -> "PotPart":
        return PotPart(opened_ms=event.at_ms if isinstance(event, PotOpened) else None)

    def due(self, state: SessionState, now_ms: int) -> Any:
        if self.opened_ms is not None and now_ms >= self.opened_ms + 1_000:
            yield ClosePot()

    def ending(self, offsets: Any, facts: Facts) -> Any:
        if self.opened_ms is not None:
            highest = facts.found["pot"]["highest"]
            yield PotClosed(offset=next(offsets), at_ms=facts.now_ms, highest=highest)

    def shown(self, gauge: Any) -> Mapping[str, Any]:
        return {"pot": {"opened_ms": self.opened_ms, "highest": gauge}}


class PotRehearsal(RehearsalPart):
    shown = (("pot", dict[str, int | None]),)
    keeps = (("bids", dict[str, int], {}), ("pins", int, 0))
    commands = (Bid,)

    def __init__(self, rehearsal: Rehearsal, before: Any) -> None:
        self._rehearsal = rehearsal
        self._bids: dict[str, int] = dict(before.bids)
        self._pins: int = before.pins

    @classmethod
    def restored(cls, before: Any) -> PotPart:
        return PotPart(opened_ms=before.session.pot["opened_ms"])

    def execute(self, command: Bid, by: Identity) -> None:
        part = self._rehearsal.state.parts["pot"]
        if part == PotPart():
            raise errors.Conflict("there is no pot")
        self._bids[by.viewer_id] = command.amount

    def look_up(self, command: Any) -> Any:
        return {"highest": self.gauge(), "pins": self._pins}

    def decided(self, command: Command | SystemCommand, events: tuple[Event, ...]) -> None:
        self._pins += sum(isinstance(event, ProductPinned) for event in events)

    def gauge(self) -> int:
        return max(self._bids.values(), default=0)

    def kept(self) -> Mapping[str, Any]:
        return {"bids": self._bids, "pins": self._pins}


POT = Feature(
    name="pot",
    commands=(OpenPot, Bid),
    events=(PotOpened, PotClosed),
    part=PotPart(),
    shown=(("pot", dict[str, int | None]),),
    rehearsal=PotRehearsal,
)
WITH_POT = Vocabulary((POT,))


def a_show_with_a_pot() -> RehearsedShow:
    beginning = a_beginning()
    session = {k: v for k, v in beginning["session"].items() if not k.startswith("chat_")}
    shown = {"opened_ms": None, "highest": 0}
    return RehearsedShow({**beginning, "session": {**session, "pot": shown}}, vocabulary=WITH_POT)


def test_a_feature_is_rehearsed_by_what_it_brings_and_by_nothing_else() -> None:
    show = a_show_with_a_pot()
    show.do(StartSession())
    with pytest.raises(errors.Conflict, match="there is no pot"):
        show.do(Bid(amount=5), ADA)
    (opened,) = show.send("pot.open").events
    assert isinstance(opened, PotOpened)
    show.do(Bid(amount=5), ADA)
    show.do(Bid(amount=3), Identity("bo", "Bo", Role.VIEWER))
    assert show.state["session"]["pot"] == {"opened_ms": show.now_ms, "highest": 5}
    assert show.state["bids"] == {"ada": 5, "bo": 3}
    show.now_ms += 999
    assert show.do(None).events == []
    show.now_ms += 1
    (closed,) = show.do(None).events
    assert isinstance(closed, PotClosed)
    assert closed.highest == 5
    assert show.state["session"]["pot"] == {"opened_ms": None, "highest": 5}


def test_a_feature_looks_up_what_it_needs_for_the_end_too() -> None:
    show = a_show_with_a_pot()
    show.do(StartSession())
    show.send("pot.open")
    show.do(Bid(amount=7), ADA)
    closed, ended = show.send("session.end").events
    assert isinstance(closed, PotClosed)
    assert (closed.highest, wire.event_message(ended)["type"]) == (7, "session.ended")


def test_a_feature_hears_what_others_decide() -> None:
    show = a_show_with_a_pot()
    show.send("product.add", product_id="a", units={"a-M": 1})
    show.send("product.pin", product_id="a")
    assert show.state["pins"] == 1
    (opened,) = show.send("pot.open").events
    assert isinstance(opened, PotOpened)
    assert opened.pins == 1


def test_a_refusal_of_a_feature_leaves_its_fields_as_they_were() -> None:
    show = a_show_with_a_pot()
    before = show.state
    with pytest.raises(errors.Conflict):
        show.do(Bid(amount=1), ADA)
    assert show.state == before


# ---- without features, and with one that cannot be rehearsed --------------------------------


def test_a_show_is_rehearsed_without_any_feature() -> None:
    beginning = a_beginning()
    session = {k: v for k, v in beginning["session"].items() if not k.startswith("chat_")}
    show = RehearsedShow({**beginning, "session": session}, vocabulary=KERNEL)
    show.send("product.add", product_id="a", units={"a-M": 2})
    show.do(StartSession())
    show.buy("a-M")
    show.send("session.end")
    assert (show.left("a-M"), show.state["session"]["status"]) == (1, "ended")
    assert list(show.state) == ["session", "products", "kept", "numbers", "orders"]
    assert "say" not in _types(KERNEL)


def test_a_feature_that_cannot_be_rehearsed_is_forgotten_and_its_command_is_a_conflict() -> None:
    beginning = a_beginning()
    beginning["session"]["applause"] = True
    vocabulary = Vocabulary((*VOCABULARY.features, APPLAUSE))
    show = RehearsedShow(beginning, vocabulary=vocabulary)
    assert show.do(StartSession()).events != []
    assert "applause" not in show.state["session"]
    with pytest.raises(errors.Conflict, match="applause cannot be rehearsed"):
        show.send("applause.open")


def test_a_rehearsal_has_the_commands_of_hosts_of_rehearsed_features_and_its_own() -> None:
    assert {"session.start", "buy", "order.cancel"} <= _types(KERNEL)
    assert _types(WITH_POT) - _types(KERNEL) == {"pot.open", "pot.bid"}


def _types(vocabulary: Vocabulary) -> set[str]:
    return {str(kind.__struct_config__.tag) for kind in rehearsed_commands(vocabulary)}


# ---- processes -------------------------------------------------------------------------------


@pytest.mark.parametrize("vocabulary", [KERNEL, VOCABULARY, WITH_POT], ids=["", "all", "pot"])
def test_a_process_makes_its_records_once_however_many_steps_it_is_sent(
    vocabulary: Vocabulary,
) -> None:
    copies = [pickle.loads(pickle.dumps(vocabulary)) for _ in range(2)]
    for made in (rehearsal_state, http_records.rehearse):
        of_vocabulary = partial(made, vocabulary)
        assert all(made(copy) is of_vocabulary() for copy in copies)
    assert KERNEL != WITH_POT != VOCABULARY
