"""Faults in the units that a host adds during a show."""

from typing import Final

from tests.planted.fault import Fault

_CORE: Final = "tests/core/test_stock_added.py"
_ENGINE: Final = "tests/engine/test_stock_added.py"
_LOG: Final = "liveshop/engine/rooms/command_log.py"

FAULTS: Final = (
    Fault(
        name="units that are added leave Redis' copy of the rows as it was",
        promise="P4: what a host adds cannot be bought",
        file="liveshop/core/events.py",
        old="    sells = True\n    product_id: str\n    units: dict[str, int]\n",
        new="    product_id: str\n    units: dict[str, int]\n",
        tests=(
            "tests/stores/redis/test_projection.py::test_events_that_do_not_say_that_they"
            "_change_what_is_sold_leave_the_projection",
        ),
    ),
    Fault(
        name="units whose push failed are left to the other nodes",
        promise="P4: units that no node has copied cannot be bought",
        file=_LOG,
        old="        if not taken and any(event.sells for event in events):\n",
        new="        if not taken and not events:\n",
        tests=(
            f"{_ENGINE}::test_units_whose_push_failed_are_sold_although_another_node_has_pushed",
        ),
    ),
    Fault(
        name="an addition is told and moves nothing",
        promise="P1: the log says units that the catalogue has not given",
        file="liveshop/core/shelf.py",
        old="    return Decision(events=(added,), moves=_moves(command.units))\n",
        new="    return Decision(events=(added,))\n",
        tests=(f"{_CORE}::test_more_units_move_out_of_the_catalogue_and_nothing_else_changes",),
    ),
    Fault(
        name="a rid of an addition is not remembered",
        promise="P1: after a lost answer a host sets units aside twice",
        file="liveshop/core/session.py",
        old="            return state if event.rid is None else _with_stock_added("
        "state, event.rid, event)\n",
        new="            return state\n",
        tests=(
            f"{_CORE}::test_a_rid_adds_once_and_is_answered_the_same_even_after_the_end",
            f"{_ENGINE}::test_after_a_lost_answer_the_same_rid_adds_nothing_more",
        ),
    ),
    Fault(
        name="a rid of an addition taken for any other",
        promise="P5: a host is told `ok` of units that nobody has added",
        file="liveshop/core/shelf.py",
        old="        if (known.product_id, known.units) != (command.product_id, command.units):\n",
        new="        if known.product_id != command.product_id:\n",
        tests=(f"{_CORE}::test_a_rid_of_another_addition_is_a_conflict",),
    ),
    Fault(
        name="units for a SKU that nobody can buy",
        promise="P4: units leave the catalogue for a SKU that is not offered",
        file="liveshop/core/shelf.py",
        old="        if sku not in offered:\n",
        new="        if sku not in stock:\n",
        tests=(f"{_CORE}::test_a_sku_that_is_not_offered_is_refused_with_what_to_do",),
    ),
    Fault(
        name="what is added is not checked against the catalogue",
        promise="P1: of several SKUs some are set aside beyond what is free",
        file="liveshop/core/shelf.py",
        old="        if units > stock[sku]:\n",
        new="        if units < 0:\n",
        tests=(
            f"{_CORE}::test_more_than_the_catalogue_has_free_is_sold_out_with_that"
            "_and_no_sku_gets_any",
        ),
    ),
    Fault(
        name="free units are not compared under their lock",
        promise="P1: only a constraint keeps two shows from taking the same units",
        file="liveshop/stores/postgres/sessions.py",
        old="        if stock[sku] < wanted:\n",
        new="        if stock[sku] < 0:\n",
        tests=(f"{_ENGINE}::test_of_two_shows_that_want_the_last_units_one_gets_them",),
    ),
)
