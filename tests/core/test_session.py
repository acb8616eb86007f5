"""The life of a session, and its pins."""

import pytest

from liveshop.core import errors
from liveshop.core.commands import (
    EndSession,
    HostCommand,
    PauseSession,
    PinProduct,
    ResumeSession,
    StartSale,
    StartSession,
    UnpinProduct,
)
from liveshop.core.events import (
    ProductPinned,
    ProductUnpinned,
    SaleEnded,
    SessionEnded,
    SessionPaused,
    SessionResumed,
    SessionStarted,
)
from liveshop.core.model import Status
from liveshop.core.session import apply
from tests.core.world import NOW_MS, STREAM, CoreWorld

COMMANDS: list[HostCommand] = [StartSession(), PauseSession(), ResumeSession(), EndSession()]
ALLOWED = {
    (Status.DRAFT, StartSession): Status.LIVE,
    (Status.SCHEDULED, StartSession): Status.LIVE,
    (Status.LIVE, PauseSession): Status.PAUSED,
    (Status.LIVE, EndSession): Status.ENDED,
    (Status.PAUSED, ResumeSession): Status.LIVE,
    (Status.PAUSED, EndSession): Status.ENDED,
}


def in_status(status: Status) -> CoreWorld:
    world = CoreWorld(Status.SCHEDULED if status in (Status.PAUSED, Status.ENDED) else status)
    if status in (Status.PAUSED, Status.ENDED):
        world.do(StartSession())
        world.do(PauseSession() if status is Status.PAUSED else EndSession())
    return world


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("status", list(Status))
def test_a_session_moves_only_the_ways_that_exist(status: Status, command: HostCommand) -> None:
    world = in_status(status)
    before = world.state
    allowed = ALLOWED.get((status, type(command)))
    if allowed is None:
        with pytest.raises(errors.Conflict) as refusal:
            world.do(command)
        assert refusal.value.fields == {"reason": f"the session is {status}"}
        assert world.state == before
    else:
        world.do(command)
        assert world.state.status is allowed
        assert world.state.offset == before.offset + 1


def test_events_of_a_life_are_numbered_without_a_gap() -> None:
    world = CoreWorld(Status.DRAFT)
    for command in (StartSession(), PauseSession(), ResumeSession(), EndSession()):
        world.do(command)
    assert world.log == [
        SessionStarted(offset=1, at_ms=NOW_MS, stream_url=STREAM),
        SessionPaused(offset=2, at_ms=NOW_MS),
        SessionResumed(offset=3, at_ms=NOW_MS, stream_url=STREAM),
        SessionEnded(offset=4, at_ms=NOW_MS),
    ]


def test_the_end_of_a_session_ends_its_sales_first() -> None:
    world = CoreWorld()
    world.shelve("shirt", "shoes")
    for product_id in ("shirt", "shoes"):
        world.do(StartSale(product_id=product_id, percent=20, duration_ms=5000))
    assert world.do(EndSession()) == (
        SaleEnded(offset=6, at_ms=NOW_MS, product_id="shirt", reason="session_end"),
        SaleEnded(offset=7, at_ms=NOW_MS, product_id="shoes", reason="session_end"),
        SessionEnded(offset=8, at_ms=NOW_MS),
    )
    assert world.state.sales == {}


def test_an_event_out_of_order_is_a_bug_of_ours() -> None:
    world = CoreWorld()
    with pytest.raises(AssertionError, match="3 after 1"):
        apply(world.state, SessionPaused(offset=3, at_ms=NOW_MS))


def test_pins_are_told_oldest_first() -> None:
    world = CoreWorld()
    world.shelve("a", "b", "c")
    for product_id in ("b", "a", "c"):
        world.do(PinProduct(product_id=product_id))
    assert world.log[-1] == ProductPinned(
        offset=7, at_ms=NOW_MS, product_id="c", pinned=["b", "a", "c"]
    )
    assert world.do(UnpinProduct(product_id="a")) == (
        ProductUnpinned(offset=8, at_ms=NOW_MS, product_id="a", pinned=["b", "c"]),
    )
    assert world.state.pinned == ("b", "c")


def test_a_fourth_pin_is_over_the_limit() -> None:
    world = CoreWorld()
    world.shelve("a", "b", "c", "d")
    for product_id in ("a", "b", "c"):
        world.do(PinProduct(product_id=product_id))
    with pytest.raises(errors.LimitReached) as refusal:
        world.do(PinProduct(product_id="d"))
    assert refusal.value.fields == {"limit": 3, "left": 0}
    assert world.state.pinned == ("a", "b", "c")


def test_what_cannot_be_pinned_says_why() -> None:
    world = CoreWorld()
    world.shelve("a")
    with pytest.raises(errors.NotFound):
        world.do(PinProduct(product_id="nowhere"))
    with pytest.raises(errors.NotFound):
        world.do(UnpinProduct(product_id="nowhere"))
    with pytest.raises(errors.Conflict, match="not pinned"):
        world.do(UnpinProduct(product_id="a"))
    world.do(PinProduct(product_id="a"))
    with pytest.raises(errors.Conflict, match="pinned already"):
        world.do(PinProduct(product_id="a"))
    world.do(EndSession())
    with pytest.raises(errors.Conflict, match="has ended"):
        world.do(UnpinProduct(product_id="a"))
