"""Things that end are found once, in the order of their ends, and take no room for long."""

from hypothesis import given
from hypothesis import strategies as st

from liveshop.core.ends import Ends


@given(st.lists(st.integers(0, 50)), st.lists(st.integers(0, 60)).map(sorted))
def test_each_thing_is_found_once_when_its_end_is_there_and_not_before(
    ends: list[int], looks: list[int]
) -> None:
    things: Ends[tuple[int, int]] = Ends(lambda thing: True)
    left = list(enumerate(ends))
    for thing in left:
        things.put(thing, thing[1])
    for now_ms in looks:
        found = list(things.pop_ended(now_ms))
        due = [thing for thing in left if thing[1] <= now_ms]
        assert found == sorted(due, key=lambda thing: (thing[1], thing[0]))
        left = [thing for thing in left if thing not in due]
    assert len(things) == len(left)


def test_a_thing_that_is_replaced_again_and_again_takes_no_further_room() -> None:
    current: dict[str, object] = {}
    things: Ends[object] = Ends(lambda thing: thing is current["ada"])
    for number in range(10_000):
        current["ada"] = object()
        things.put(current["ada"], 1_000_000 + number)
        assert len(things) <= 64
    assert list(things.pop_ended(2_000_000)) == [current["ada"]]


def test_what_was_replaced_is_not_found() -> None:
    things: Ends[str] = Ends(lambda thing: thing != "replaced")
    things.put("replaced", 1)
    things.put("current", 1)
    assert list(things.pop_ended(1)) == ["current"]
    assert len(things) == 0
