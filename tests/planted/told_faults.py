"""Bugs in what everyone is told of purchases, hosts of sums, and packers of orders."""

from typing import Final

from tests.planted.fault import Fault

_FEATURES: Final = "liveshop/features"
_TESTS: Final = "tests/features"

FAULTS: Final = (
    Fault(
        name="units beyond the stock that only orders have",
        promise="P1: a show that sold what was not there is said to have sold nothing too much",
        file="liveshop/stores/audit/books.sql",
        old="ELSE greatest(t.sold, coalesce(o.n, 0)) END AS most",
        new="ELSE t.sold END AS most",
        tests=(
            f"{_TESTS}/figures/test_http.py"
            "::test_a_summary_tells_of_units_that_were_sold_and_never_there",
        ),
    ),
    Fault(
        name="a cancelled order that stays among its product's sums",
        promise="a product is said to have sold more than the whole show",
        file=f"{_FEATURES}/figures/room_sums.py",
        old="(new.undone or new.totals.version < since)",
        new="new.totals.version < since",
        tests=(f"{_TESTS}/figures/test_room_sums.py::test_a_cancelled_order_is_taken_off",),
    ),
    Fault(
        name="a choice to tell nothing that is not asked for",
        promise="buyers of a shop that tells nobody are told to everyone",
        file=f"{_FEATURES}/bought/room.py",
        old="        if self._naming is Naming.OFF:\n            return\n",
        new="",
        tests=(
            f"{_TESTS}/bought/test_room.py"
            "::test_a_shop_that_wants_nothing_told_has_pulses_without_it",
        ),
    ),
    Fault(
        name="a family name told in full",
        promise="a stranger learns from a purchase who somebody is",
        file=f"{_FEATURES}/bought/rules.py",
        old="{_initial(others[-1])}.",
        new="{others[-1]}",
        tests=(
            f"{_TESTS}/bought/test_rules.py"
            "::test_a_name_is_shown_by_its_first_and_the_initial_of_its_last",
        ),
    ),
    Fault(
        name="an order that changes while it is exported",
        promise="a parcel is packed twice",
        file=f"{_FEATURES}/fulfilment/store.py",
        old=" if order.order_id not in told]",
        new="]",
        tests=(
            f"{_TESTS}/fulfilment/test_store.py"
            "::test_each_order_comes_once_while_orders_of_the_same_buyer_change",
        ),
    ),
    Fault(
        name="the shows of others in a trend",
        promise="a token for one session reads what other shows have sold",
        file=f"{_FEATURES}/figures/http.py",
        old="only = call.caller.session_id",
        new="only = None",
        tests=(
            f"{_TESTS}/figures/test_http.py::test_a_token_for_one_session_is_told_of_no_other_show",
        ),
    ),
    Fault(
        name="an export that goes on for a client that has gone",
        promise="P7: clients that hang up use all turns of an export for good",
        file="liveshop/edge/http/streams.py",
        old="        async with aclosing(self._rest):\n            await super()",
        new="        if True:\n            await super()",
        tests=("tests/edge/http/test_streams.py::test_a_client_that_hangs_up_closes_the_source",),
    ),
)
