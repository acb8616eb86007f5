"""Faults planted in the numbers of products and variants."""

from typing import Final

from tests.planted.fault import Fault

_CORE: Final = "tests/core/test_numbers.py"
_EARLIER: Final = "tests/engine/test_earlier.py"

FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        name="the number of a removed product is given to the next",
        promise="people and keys name another product than the one that was shown",
        file="liveshop/core/session.py",
        old="    shelf = _without(state.shelf, product_id)\n",
        new=(
            "    shelf = _without(state.shelf, product_id)\n"
            "    state = replace(state, numbers=_without(state.numbers, product_id))\n"
        ),
        tests=(
            f"{_CORE}::test_the_number_of_what_was_removed_is_given_to_nothing_else",
            f"{_CORE}::test_what_comes_back_has_the_numbers_that_it_had",
        ),
    ),
    Fault(
        name="a shelf of an earlier release has no numbers",
        promise="P8: in a rolling upgrade half of the viewers see other numbers",
        file="liveshop/core/session.py",
        old="    added = with_numbers(state.numbers, product)\n",
        new="    added = product\n",
        tests=(f"{_CORE}::test_a_log_of_an_earlier_release_makes_the_same_numbers",),
    ),
    Fault(
        name="an event of an earlier release is told as it came",
        promise="P8: viewers who apply it know less than those who join after it",
        file="liveshop/engine/rooms/session.py",
        old="told.append(completed(event, self.state))",
        new="told.append(event)",
        tests=(
            f"{_EARLIER}::test_what_an_earlier_release_puts_on_the_shelf_has_a_number",
            f"{_EARLIER}::test_a_start_by_an_earlier_release_tells_viewers_where_the_video_is",
        ),
    ),
)
