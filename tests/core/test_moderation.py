"""Slow mode, blocked words, and the order of the shelf."""

import pytest

from liveshop.core.commands import EndSession, HostCommand, OrderShelf
from liveshop.core.errors import Conflict, NotFound
from liveshop.core.events import ShelfOrdered
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


def test_products_that_are_named_come_first_and_the_others_stay_in_order() -> None:
    world = CoreWorld()
    world.shelve("a", "b", "c", "d")
    (ordered,) = world.do(OrderShelf(product_ids=["c", "a", "c"]))
    assert ordered == ShelfOrdered(offset=6, at_ms=NOW_MS, product_ids=["c", "a", "b", "d"])
    assert list(world.state.shelf) == ["c", "a", "b", "d"]


def test_an_order_with_a_product_that_is_not_there_changes_nothing() -> None:
    world = CoreWorld()
    world.shelve("a", "b")
    before = world.state
    with pytest.raises(NotFound):
        world.do(OrderShelf(product_ids=["b", "x"]))
    with pytest.raises(Conflict):
        world.do(OrderShelf(product_ids=["a"]))
    assert world.state == before


@pytest.mark.parametrize(
    "command", [SlowChat(interval_ms=5_000), BlockWords(words=["x"]), OrderShelf(product_ids=["b"])]
)
def test_an_ended_session_takes_none_of_it(command: HostCommand) -> None:
    world = CoreWorld()
    world.shelve("a", "b")
    world.do(EndSession())
    with pytest.raises(Conflict, match="ended"):
        world.do(command)
