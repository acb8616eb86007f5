"""The timing wheel against a plain reading of what it promises."""

from hypothesis import given
from hypothesis import strategies as st

from liveshop.edge.wheel import Wheel


def test_an_item_comes_up_within_a_tenth_of_a_second_after_it_is_due() -> None:
    wheel: Wheel[str] = Wheel(now_ms=0)
    wheel.schedule("a", 1_000)
    wheel.schedule("b", 1_001)
    assert wheel.advance(999) == []
    assert wheel.advance(1_000) == ["a"]
    assert wheel.advance(1_099) == []
    assert wheel.advance(1_100) == ["b"]
    assert wheel.advance(100_000) == []


def test_an_item_waits_for_its_newest_deadline_alone() -> None:
    wheel: Wheel[str] = Wheel(now_ms=0)
    wheel.schedule("a", 5_000)
    wheel.schedule("a", 1_000)
    wheel.schedule("b", 1_000)
    wheel.schedule("b", 5_000)
    wheel.schedule("c", 1_000)
    wheel.cancel("c")
    wheel.cancel("c")
    assert wheel.advance(1_000) == ["a"]
    assert wheel.advance(9_000) == ["b"]


def test_what_is_overdue_comes_up_at_the_next_tick() -> None:
    wheel: Wheel[str] = Wheel(now_ms=10_000)
    wheel.schedule("a", 3)
    assert wheel.advance(10_099) == []
    assert wheel.advance(10_100) == ["a"]


@given(
    dues=st.lists(st.integers(0, 300_000), max_size=30),
    steps=st.lists(st.integers(0, 90_000), max_size=30),
)
def test_rescheduled_until_due_every_item_comes_up_once_and_never_late(
    dues: list[int], steps: list[int]
) -> None:
    wheel: Wheel[int] = Wheel(now_ms=0)
    for item, due_ms in enumerate(dues):
        wheel.schedule(item, due_ms)
    now_ms, waiting = 0, set(range(len(dues)))
    for step in [*steps, *[40_000] * 10]:
        now_ms += step
        for item in wheel.advance(now_ms):
            if dues[item] <= now_ms:
                waiting.remove(item)
            else:
                wheel.schedule(item, dues[item])
        assert all(dues[item] > now_ms - 100 for item in waiting)
    assert waiting == set()
