"""`when` of a command says in which states of a session it is always refused, and no others."""

from collections import Counter
from typing import Any, Final

import pytest
from msgspec.structs import replace

from liveshop.core.commands import (
    AddProduct,
    HostCommand,
    PauseSession,
    PinProduct,
    StartSale,
)
from liveshop.core.decide import decide
from liveshop.core.errors import LiveshopError
from liveshop.core.model import Status
from liveshop.core.session import Part
from liveshop.features.chat.rules import PinChat
from liveshop.features.polls.rules import Results
from tests.core.world import CoreWorld, make_chat, make_product
from tests.vocabulary import VOCABULARY

_SALE: Final[dict[str, Any]] = {"product_id": "shirt", "percent": 10, "duration_ms": 60_000}
_POLL: Final = 7  # after the events that make the show
_OFFER: Final = "@8"
# The fields of each command, for a show in which it has something to do.
_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "session.start": {},
    "session.pause": {},
    "session.resume": {},
    "session.end": {},
    "session.update": {"title": "Spring drop"},
    "product.add": {"product_id": "cap", "units": {"cap-M": 1}},
    "product.remove": {"product_id": "shirt"},
    "stock.add": {"product_id": "shirt", "units": {"shirt-M": 1}},
    "product.reprice": {"product_id": "shirt", "prices": {"shirt-M": 4_900}},
    "product.pin": {"product_id": "mug"},
    "product.unpin": {"product_id": "shirt"},
    "shelf.order": {"product_ids": ["mug", "shirt"]},
    "sale.start": _SALE,
    "sale.end": {"product_id": "mug"},
    "chat.delete": {"id": "1-0"},
    "chat.pin": {"id": "2-0"},
    "chat.unpin": {"id": "1-0"},
    "chat.slow": {"interval_ms": 1_000},
    "chat.block": {"words": ["scam"]},
    "poll.open": {"question": "Which?", "choices": [{"label": "A"}, {"label": "B"}]},
    "poll.close": {"poll": _POLL},
    "offer.open": {"kind": "code", "label": "5 off", "amount": 500},
    "offer.close": {"offer": _OFFER},
    "offers.order": {"offers": [_OFFER]},
}
_DECIDED: Final = [kind for kind in VOCABULARY.commands if issubclass(kind, HostCommand)]


def _show(status: Status) -> CoreWorld:
    """Return a show that has something for every command, as far as its status lets it."""
    begun = status not in (Status.DRAFT, Status.SCHEDULED)
    world = CoreWorld(Status.LIVE if begun else status)
    for name in ("shirt", "mug", "cap"):
        world.products[name] = make_product(name)
    for name in ("shirt", "mug"):
        world.do(AddProduct(product_id=name, units={f"{name}-M": 5}))
    world.chat = [make_chat("1-0"), make_chat("2-0")]
    world.do(PinProduct(product_id="shirt"))
    world.do(PinChat(id="1-0"))
    if begun:
        world.do(StartSale(**{**_SALE, "product_id": "mug"}))
        (opened,) = world.do(_command("poll.open", _FIELDS["poll.open"]))
        assert opened.offset == _POLL
        (opened,) = world.do(_command("offer.open", _FIELDS["offer.open"]))
        assert f"@{opened.offset}" == _OFFER
    if status is Status.PAUSED:
        world.do(PauseSession())
    if status is Status.ENDED:
        world.state = replace(world.state, status=status, sales={}, parts=_after_the_end(world))
    assert world.state.status is status
    return world


def _after_the_end(world: CoreWorld) -> dict[str, Part]:
    """Return the parts of a show after its end: that closes polls and offers, as it does sales."""
    return {**world.state.parts, **{name: VOCABULARY.parts[name] for name in ("polls", "offers")}}


def _command(name: str, fields: dict[str, Any]) -> HostCommand:
    command = VOCABULARY.command({"type": name, **fields})
    assert isinstance(command, HostCommand)
    return command


def _refused(world: CoreWorld, command: HostCommand) -> bool:
    facts = world.facts(command)
    polls = Results(counts={_POLL: Counter()}, right={})
    try:
        decide(world.state, command, replace(facts, found={**facts.found, "polls": polls}))
    except LiveshopError:
        return True
    return False


@pytest.mark.feature("chat", "polls", "offers")
@pytest.mark.parametrize("kind", _DECIDED, ids=lambda kind: str(kind.__struct_config__.tag))
def test_a_command_is_refused_in_the_states_that_are_none_of_its_own(
    kind: type[HostCommand],
) -> None:
    name = str(kind.__struct_config__.tag)
    command = _command(name, _FIELDS[name])
    refused = {status for status in Status if _refused(_show(status), command)}
    assert refused == set(Status) - kind.when
