"""Bugs in what plans shows again, and in product sets."""

from typing import Final

from tests.planted.fault import Fault

_BEGINNINGS: Final = "tests/stores/postgres/test_beginnings.py"
_TIMES: Final = "tests/features/planning/test_http_times.py"

FAULTS: Final = (
    Fault(
        name="a copy's units stay in the catalogue",
        promise="P1: two shows sell the same units",
        file="liveshop/stores/postgres/beginnings.py",
        old="            if decision.moves:\n",
        new="            if decision.moves and not info.id:\n",
        tests=(f"{_BEGINNINGS}::test_sessions_begin_with_their_events_and_units",),
    ),
    Fault(
        name="a copy that is there begins once more",
        promise="P1: a request that is sent again takes units again",
        file="liveshop/stores/postgres/beginnings.py",
        old="for info in infos if await _create(connection, info, created_ms)]\n",
        new="for info in infos if await _create(connection, info, created_ms) or info.id]\n",
        tests=(f"{_BEGINNINGS}::test_what_is_there_already_stays_and_is_not_decided_again",),
    ),
    Fault(
        name="copies of one show are planned at once",
        promise="P8: two nodes that plan the same weeks wait for each other in a circle",
        file="liveshop/stores/postgres/beginnings.py",
        old='            await connection.execute(_SQL["one_at_a_time"], source_id)\n',
        new="",
        tests=(f"{_BEGINNINGS}::test_two_requests_for_copies_of_one_session_take_turns",),
    ),
    Fault(
        name="each product of a shelf finds the whole stock",
        promise="P1: a show is told that it has units which another product has",
        file="liveshop/core/shelving.py",
        old="            self._free[sku] = self._free.get(sku, 0) - taken\n",
        new="            self._free[sku] = self._free.get(sku, 0) - taken * 0\n",
        tests=(
            "tests/core/test_shelving.py"
            "::test_each_product_takes_what_the_ones_before_it_have_left",
        ),
    ),
    Fault(
        name="a weekly show is counted in hours",
        promise="a host opens an hour late after the clocks were changed",
        file="liveshop/features/planning/http_times.py",
        old="        wall = (_EPOCH + first_ms * _MS).astimezone(zone).replace(tzinfo=None)\n",
        new="        wall = (_EPOCH + first_ms * _MS).replace(tzinfo=None)\n"
        '        zone = ZoneInfo("UTC")\n',
        tests=(f"{_TIMES}::test_a_weekly_show_keeps_its_local_time_across_summer_time",),
    ),
    Fault(
        name="the second of two equal hours",
        promise="a host opens an hour late on the day that has 25 hours",
        file="liveshop/features/planning/http_times.py",
        old="tzinfo=zone, fold=0)",
        new="tzinfo=zone, fold=1)",
        tests=(f"{_TIMES}::test_a_local_time_that_comes_twice_is_the_first_of_the_two",),
    ),
    Fault(
        name="a set is found by its id in any shop",
        promise="a shop reads and sells what another one has put together",
        file="liveshop/features/product_sets/store.py",
        old="        args = (set_id, None if anywhere else shop or _NO_SHOP)\n",
        new="        args = (set_id, None if anywhere else shop and None)\n",
        tests=("tests/features/product_sets/test_http.py::test_a_shop_s_sets_are_its_own",),
    ),
    Fault(
        name="a set adds what is on the shelf again",
        promise="a set can be added to no show that has one of its products",
        file="liveshop/features/product_sets/rules.py",
        old="        if each.product_id in state.shelf:\n",
        new="        if each.product_id in ():\n",
        tests=(
            "tests/features/product_sets/test_http.py"
            "::test_a_set_added_again_adds_only_what_is_missing",
        ),
    ),
)
