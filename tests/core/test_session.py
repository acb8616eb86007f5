"""The life of a session, its pins and its moderation."""

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
from liveshop.features.chat.rules import (
    ChatDeleted,
    ChatPart,
    ChatPinned,
    ChatUnpinned,
    DeleteChat,
    PinChat,
    UnpinChat,
)
from tests.core.world import NOW_MS, CoreWorld, make_chat

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
        SessionStarted(offset=1, at_ms=NOW_MS),
        SessionPaused(offset=2, at_ms=NOW_MS),
        SessionResumed(offset=3, at_ms=NOW_MS),
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


def test_a_chat_message_is_pinned_and_let_go() -> None:
    world = CoreWorld()
    message = make_chat()
    world.chat.append(message)
    assert world.do(PinChat(id="1-0")) == (
        ChatPinned(offset=2, at_ms=NOW_MS, id="1-0", message=message),
    )
    assert list(ChatPart.of(world.state).pinned) == [message]
    with pytest.raises(errors.Conflict, match="pinned already"):
        world.do(PinChat(id="1-0"))
    assert world.do(UnpinChat(id="1-0")) == (ChatUnpinned(offset=3, at_ms=NOW_MS, id="1-0"),)
    assert list(ChatPart.of(world.state).pinned) == []
    with pytest.raises(errors.Conflict, match="not pinned"):
        world.do(UnpinChat(id="1-0"))


def test_a_fourth_pinned_message_is_over_the_limit() -> None:
    world = CoreWorld()
    world.chat = [make_chat(f"{number}-0") for number in range(4)]
    for message in world.chat[:3]:
        world.do(PinChat(id=message.id))
    with pytest.raises(errors.LimitReached) as refusal:
        world.do(PinChat(id="3-0"))
    assert refusal.value.fields == {"limit": 3, "left": 0}


def test_deleting_a_pinned_message_unpins_it_even_when_the_tail_forgot_it() -> None:
    world = CoreWorld()
    world.chat.append(make_chat())
    world.do(PinChat(id="1-0"))
    world.chat.clear()
    assert world.do(DeleteChat(id="1-0")) == (ChatDeleted(offset=3, at_ms=NOW_MS, id="1-0"),)
    assert ChatPart.of(world.state).pinned == ()


@pytest.mark.parametrize("command", [DeleteChat(id="9-9"), PinChat(id="9-9"), UnpinChat(id="9-9")])
def test_an_unknown_message_is_not_found(command: HostCommand) -> None:
    with pytest.raises(errors.NotFound):
        CoreWorld().do(command)


def test_chat_is_moderated_after_the_end_but_not_pinned() -> None:
    world = CoreWorld()
    world.chat = [make_chat("1-0"), make_chat("2-0")]
    world.do(PinChat(id="1-0"))
    world.do(EndSession())
    with pytest.raises(errors.Conflict, match="has ended"):
        world.do(PinChat(id="2-0"))
    world.do(DeleteChat(id="2-0"))
    world.do(UnpinChat(id="1-0"))
    assert ChatPart.of(world.state).pinned == ()
