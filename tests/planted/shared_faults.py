"""Bugs in what keeps the shops of one engine out of each other's way."""

from typing import Final

from tests.planted.fault import Fault

_PAYMENTS: Final = "tests/stores/postgres/test_payments_of_shops.py"

_TURNS: Final = "tests/features/catalogue_import/test_turns.py"
_SETTLED: Final = "tests/engine/test_settled_money.py"
_THROTTLE: Final = (
    "tests/edge/http/test_throttle.py"
    "::test_another_shops_caller_with_the_same_id_or_key_name_has_a_rate_of_its_own"
)
_OLDEST: Final = (
    "tests/edge/test_refusal_pace.py"
    "::test_of_more_answers_than_may_wait_the_oldest_is_given_at_once"
)
_SHOPS: Final = "tests/edge/http/test_shops.py"

FAULTS: Final = (
    Fault(
        name="payment ids are one space for all shops",
        promise="P3: two shops count their payments 1, 2, 3, and one's money is refused",
        file="liveshop/stores/postgres/payments.py",
        old='            if stored["shop"] == shop:\n',
        new='            if stored["id"] == stored_id:\n',
        tests=(f"{_PAYMENTS}::test_two_shops_and_none_each_get_a_payment_with_the_same_id",),
    ),
    Fault(
        name="a payment that a node of the release before has recorded is not found",
        promise="P3: while nodes are replaced, a payment sent again becomes a second one",
        file="liveshop/stores/postgres/payment_records.py",
        old="    return payment_id, f",
        new='    return f"{_SEPARATOR}{payment_id}", f',
        tests=(f"{_PAYMENTS}::test_what_a_node_of_the_release_before_has_recorded_is_known",),
    ),
    Fault(
        name="a refund marked as made in whichever shop has the id",
        promise="P3: a shop's buyer never gets back what another shop says it has refunded",
        file="liveshop/stores/postgres/payments.py",
        old="        if len(found) > 1:\n",
        new="        if len(found) > 2:\n",
        also=(
            ("        (stored,) = found\n", "        stored = found[0]\n"),
            (
                'fetch(_SQL["payments_given_id"], payment_id, shop, order_id)',
                'fetch(_SQL["payments_given_id"], payment_id, None, order_id)',
            ),
        ),
        tests=(
            f"{_PAYMENTS}::test_a_refund_is_of_the_shop_that_made_it",
            "tests/edge/http/test_payments_of_shops.py"
            "::test_a_shop_marks_only_its_own_payment_of_an_id_as_refunded",
        ),
    ),
    Fault(
        name="the SKUs of another shop fill a search",
        promise="a shop finds its own products, however many another one has",
        file="liveshop/stores/postgres/sql/catalogue.sql",
        old="ORDER BY sku LIMIT $10\n",
        new="ORDER BY sku LIMIT $9 + 0 * $10\n",
        also=(("AS all_skus) = $10\n", "AS all_skus) < 0\n"),),
        tests=(
            "tests/stores/postgres/test_catalogue.py"
            "::test_skus_that_a_search_does_not_show_do_not_keep_others_from_being_found",
        ),
    ),
    Fault(
        name="one shop's imports take all turns of a node",
        promise="a shop imports its catalogue, however many files another one sends",
        file="liveshop/stores/fair_turns.py",
        old="        return own < self._of_shop_max and free > own\n",
        new="        return free > 0\n",
        tests=(f"{_TURNS}::test_a_shop_that_sends_many_files_leaves_a_turn_for_another",),
    ),
    Fault(
        name="imports have turns whosever they are",
        promise="a shop imports its catalogue, however many files another one sends",
        file="liveshop/features/catalogue_import/store.py",
        old="        async with self._turns.turn(shop):\n",
        new="        async with self._turns.turn(None):\n",
        tests=(
            "tests/features/catalogue_import/test_importer.py"
            "::test_a_shop_imports_while_another_ones_files_wait_for_their_turns",
        ),
    ),
    Fault(
        name="one shop's imports fill the queue of a node",
        promise="a shop waits for its turn, however many files of another one wait",
        file="liveshop/stores/fair_turns.py",
        old="        if waiting[shop] + 1 >= count:\n",
        new="        if count:\n",
        tests=(f"{_TURNS}::test_a_shop_that_fills_the_queue_makes_way_for_one_with_fewer_waiting",),
    ),
    Fault(
        name="money that comes late loads the room of a settled show",
        promise="reports of old money push the rooms of shows out that are being watched",
        file="liveshop/engine/purchase/order_service.py",
        old="        if copies.settled:\n",
        new="        if copies.settled and not copies.rows:\n",
        tests=(
            f"{_SETTLED}::test_a_node_without_the_room_of_a_settled_show_loads_none_for_its_money",
        ),
    ),
    Fault(
        name="money that comes late is counted in Redis for a settled show",
        promise="P1: what Redis has forgotten of a settled show comes back in parts",
        file="liveshop/engine/purchase/settler.py",
        old="        if copies.settled or self._session.settled:\n            return\n",
        new="",
        tests=(
            f"{_SETTLED}::test_money_that_comes_after_a_show_is_settled_changes_nothing_in_redis",
        ),
    ),
    Fault(
        name="a payment that cannot be finished keeps all others waiting",
        promise="P3: money that a crash left half done stays so, whichever shop it is of",
        file="liveshop/engine/purchase/order_service.py",
        old="self._tried = payments[-1] if len(payments) == limits.PAGE_ITEMS_MAX else None\n",
        new="pass\n",
        tests=(
            f"{_SETTLED}::test_a_payment_that_cannot_be_finished_keeps_none_of_the_others_waiting",
        ),
    ),
    Fault(
        name="callers of two shops with one id share a rate",
        promise="a host asks as often as it may, whatever another shop's host does",
        file="liveshop/core/roles.py",
        old='        return f"viewer {self.shop!r} {self.viewer_id}"\n',
        new='        return f"viewer {self.viewer_id}"\n',
        tests=(_THROTTLE,),
    ),
    Fault(
        name="API keys of one name share a rate",
        promise="a shop's backend asks as often as it may, whatever another shop's does",
        file="liveshop/core/roles.py",
        old='            return f"key {self.key_id}"\n',
        new='            return f"key {self.viewer_id}"\n',
        tests=(_THROTTLE,),
    ),
    Fault(
        name="any number of refusals wait",
        promise="refusals that wait keep more connections open than a node has room for",
        file="liveshop/edge/refusals.py",
        old="        if len(self._waiting) >= limits.REFUSALS_WAITING_MAX:\n",
        new="        if not self._waiting and wait_ms < 0:\n",
        tests=(_OLDEST,),
    ),
    Fault(
        name="of too many refusals the newest is given at once",
        promise="whoever floods a node is answered before those who waited for their second",
        file="liveshop/edge/refusals.py",
        old="            self._say(next(iter(self._waiting)))\n",
        new="            self._say(next(reversed(self._waiting)))\n",
        tests=(_OLDEST,),
    ),
    Fault(
        name="lowest prices are read from the shows of all shops",
        promise="a shop shows another one's price as its lowest, and learns of its shows",
        file="liveshop/features/figures/figures.sql",
        old=" AND o.shop IS NOT DISTINCT FROM own.shop\n",
        new="\n",
        tests=(
            "tests/features/figures/test_http.py"
            "::test_no_other_shops_shows_are_among_those_that_lowest_prices_are_read_from",
        ),
    ),
    Fault(
        name="what belongs to no shop is open to the hosts of each",
        promise="a host of a shop changes nothing that is not its shop's",
        file="liveshop/core/shops.py",
        old="    return bound is None or bound == shop\n",
        new="    return bound is None or shop in (None, bound)\n",
        tests=(f"{_SHOPS}::test_what_belongs_to_no_shop_is_for_those_who_are_bound_to_none",),
    ),
    Fault(
        name="a key is good at the instant of its end",
        promise="a key does nothing after its end",
        file="liveshop/stores/postgres/keys.py",
        old="now_ms >= self.expires_ms",
        new="now_ms > self.expires_ms",
        tests=(
            "tests/edge/http/test_gate.py"
            "::test_a_key_ends_at_its_instant_however_lately_it_was_looked_up",
        ),
    ),
)
