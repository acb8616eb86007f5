"""Messages that stay on top of the chat, and those that are taken away."""

import pytest

from liveshop.core import errors
from liveshop.core.commands import EndSession, HostCommand
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
