"""Slow mode and blocked words."""

import pytest

from liveshop.core.commands import EndSession, HostCommand
from liveshop.core.errors import Conflict
from liveshop.features.chat.rules import (
    BlockWords,
    ChatBlocked,
    ChatPart,
    ChatSlowed,
    SaveWords,
    SlowChat,
)
from tests.core.world import NOW_MS, CoreWorld


def test_slow_mode_lasts_until_another_interval_is_said() -> None:
    world = CoreWorld()
    (slowed,) = world.do(SlowChat(interval_ms=10_000))
    assert slowed == ChatSlowed(offset=2, at_ms=NOW_MS, interval_ms=10_000)
    with pytest.raises(Conflict):
        world.do(SlowChat(interval_ms=10_000))
    world.do(SlowChat(interval_ms=0))
    assert ChatPart.of(world.state).slow_ms == 0


def test_the_event_of_blocked_words_does_not_say_them() -> None:
    world = CoreWorld()
    decision = world.decide(BlockWords(words=["Bad Word", "bad  word", "\u200b", "谎"]))
    assert decision.writes == (SaveWords(words=("bad word", "谎")),)
    assert decision.events == (ChatBlocked(offset=2, at_ms=NOW_MS, count=2),)
    world.do(BlockWords(words=[]))
    assert ChatPart.of(world.state).words_offset == 2


@pytest.mark.parametrize("command", [SlowChat(interval_ms=5_000), BlockWords(words=["x"])])
def test_an_ended_session_takes_none_of_it(command: HostCommand) -> None:
    world = CoreWorld()
    world.do(EndSession())
    with pytest.raises(Conflict, match="ended"):
        world.do(command)
