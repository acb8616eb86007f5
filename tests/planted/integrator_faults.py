"""Bugs in what other systems bring back and take away: shipping, exports, messages, clients."""

from typing import Final

from tests.planted.fault import Fault

_FEED: Final = "tests/features/change_feed/test_store.py"
_RESTORED: Final = "tests/features/webhooks/test_restored.py"
_ERASURE: Final = "tests/features/guests/test_erasure.py"
_SHIPPING: Final = "tests/features/shipping/test_http.py"
_SHIPPING_RULES: Final = "tests/features/shipping/test_rules.py"
_EXPORTS: Final = "tests/features/exports/test_worker.py"
_EXPORTS_ROWS: Final = "tests/features/exports/test_store_rows.py"

FAULTS: Final = (
    Fault(
        name="a delivered order that is on its way again",
        promise="C21: a system that is late takes back what its carrier has said",
        file="liveshop/features/shipping/shipping.sql",
        old="WHERE (f.state = 'shipped' OR excluded.state = 'delivered')\n  AND (f.state",
        new="WHERE (f.state",
        tests=(f"{_SHIPPING}::test_an_order_goes_only_forward_and_only_if_it_is_confirmed",),
    ),
    Fault(
        name="a fulfilment that is said again and told again",
        promise="C22: a request that is sent again is another step to every receiver",
        file="liveshop/features/shipping/shipping.sql",
        old=(
            "  AND (f.state, f.carrier, f.tracking, f.tracking_url)\n"
            "      IS DISTINCT FROM "
            "(excluded.state, excluded.carrier, excluded.tracking, excluded.tracking_url)\n"
        ),
        new="",
        tests=(f"{_SHIPPING}::test_an_order_is_shipped_and_delivered_and_each_is_told_once",),
    ),
    Fault(
        name="a buyer who reads what was sent to others",
        promise="a buyer learns who else ordered, and where their parcels are",
        file="liveshop/features/shipping/http.py",
        old="buyer=None if identity.role >= Role.HOST else identity.viewer_id,",
        new="buyer=None,",
        tests=(f"{_SHIPPING}::test_a_buyer_reads_its_own_and_a_host_all_page_by_page",),
    ),
    Fault(
        name="a number of a parcel that goes into an address as it is",
        promise="a number with a sign of addresses in it leads to another page",
        file="liveshop/features/shipping/carriers.py",
        old='page.format(quote(tracking, safe=""))',
        new="page.format(tracking)",
        tests=(f"{_SHIPPING_RULES}::test_a_number_is_a_part_of_the_link_whatever_is_in_it",),
    ),
    Fault(
        name="an export that another worker goes on with where the first one died",
        promise="C17: a file has rows twice, or the begin of another instant",
        file="liveshop/features/exports/exports.sql",
        old="    DELETE FROM export_part WHERE export_id IN (SELECT id FROM mine)",
        new="    DELETE FROM export_part WHERE export_id IN (SELECT id FROM mine) AND number > 0",
        tests=(
            f"{_EXPORTS}"
            "::test_a_file_of_many_parts_is_made_by_another_worker_after_the_first_has_died",
        ),
    ),
    Fault(
        name="an export of orders as they come",
        promise="C17: an order that changes while a file is made is there twice, or not at all",
        file="liveshop/features/exports/store_jobs.py",
        old="REPEATABLE READ, READ ONLY",
        new="READ COMMITTED, READ ONLY",
        tests=(f"{_EXPORTS}::test_a_file_is_as_of_one_instant_while_orders_go_on",),
    ),
    Fault(
        name="an export with the words of viewers",
        promise="a name that was forgotten is in a file for seven days",
        file="liveshop/features/exports/store_rows.py",
        old='told_facts(decode_object(known["body"]))',
        new='decode_object(known["body"])',
        tests=(
            f"{_EXPORTS_ROWS}"
            "::test_events_of_the_kernel_are_told_whole_and_words_of_viewers_are_not",
        ),
    ),
    Fault(
        name="a restored PostgreSQL that nobody is told of",
        promise="receivers keep orders that there never were, and cannot know",
        file="liveshop/features/change_feed/store.py",
        old="if held is not None and held.last < self._known[0]:",
        new="if held is not None and held.last < 0:",
        tests=(
            f"{_FEED}::test_a_feed_that_went_back_says_so_first_and_once",
            f"{_RESTORED}::test_an_older_copy_is_told_first_and_its_new_past_under_new_ids",
        ),
    ),
    Fault(
        name="a restore that each worker tells",
        promise="a receiver throws away what came after the first word of it",
        file="liveshop/features/change_feed/store.py",
        old='        if not found["told"]:\n',
        new="        if found:\n",
        tests=(f"{_FEED}::test_a_feed_that_went_back_says_so_first_and_once",),
    ),
    Fault(
        name="a payment whose refund is not told",
        promise="C1: a merchant's books wait for money that is on its way back",
        file="liveshop/features/change_feed/migrations/v0027_payments_told.sql",
        old="FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)",
        new="FOR EACH ROW WHEN (NEW.status = 'applied')",
        tests=(f"{_FEED}::test_what_becomes_of_a_payment_is_told_a_step_each",),
    ),
    Fault(
        name="a guest who is forgotten here and nowhere else",
        promise="other systems keep a name that they were never told to forget",
        file="liveshop/features/guests/store.py",
        old="            if await self._people.forget_in(connection, [sub]):\n",
        new="            await self._people.forget_in(connection, [sub])\n            if False:\n",
        tests=(f"{_ERASURE}::test_other_systems_hear_once_that_a_guest_is_forgotten_and_no_name",),
    ),
    Fault(
        name="exports that are asked for at once and counted at once",
        promise="limits: a shop keeps more files than it may",
        file="liveshop/features/exports/store.py",
        old='            await connection.execute(_SQL["one_at_a_time"], asked.shop)\n',
        new="",
        tests=(f"{_EXPORTS}::test_requests_at_once_make_no_more_than_a_shop_keeps",),
    ),
    Fault(
        name="webhooks that are made at once and counted at once",
        promise="limits: a shop has more webhooks than it may",
        file="liveshop/features/webhooks/store.py",
        old='            await connection.execute(_SQL["one_at_a_time"])\n',
        new="",
        tests=(
            "tests/features/webhooks/test_store.py"
            "::test_requests_at_once_make_no_more_webhooks_than_a_shop_may_have",
        ),
    ),
    Fault(
        name="rounds without a rest",
        promise="C20: a worker that catches up leaves no time to the COMMITs of orders",
        file="liveshop/worker/rounds.py",
        old="            if self._rest:\n",
        new="            if self._rest < 0:\n",
        tests=(
            "tests/worker/test_rounds.py"
            "::test_a_round_is_followed_by_a_rest_even_if_there_is_more_and_it_is_woken",
        ),
    ),
)
