"""Bugs in the change feed, in webhooks, and in the guard of what goes out."""

from typing import Final

from tests.planted.fault import Fault

_FEED: Final = "tests/features/change_feed/test_store.py"
_FEED_RULES: Final = "tests/features/change_feed/test_rules.py"
_RULES: Final = "tests/features/webhooks/test_rules.py"
_DELIVERY: Final = "tests/features/webhooks/test_delivery.py"
_CRASH: Final = "tests/features/webhooks/test_crash.py"
_EGRESS: Final = "tests/worker/test_egress.py"
_ROUNDS: Final = "tests/worker/test_rounds.py"

FAULTS: Final = (
    Fault(
        name="a feed that tells only what an order is now",
        promise="C1: a step that came and went between two looks is never told",
        file="liveshop/features/change_feed/rules.py",
        old="            return (*begin, OrderStatus.CONFIRMED, status)",
        new="            return (*begin, status)",
        tests=(f"{_FEED}::test_steps_that_nobody_saw_are_told_too",),
    ),
    Fault(
        name="a cursor that moves before its messages",
        promise="C1: a worker that dies in between leaves out what it was about to tell",
        file="liveshop/features/change_feed/store.py",
        old='            at = await connection.fetchrow(_SQL["position"], session_id)\n',
        new='            at = await connection.fetchrow(_SQL["position"], session_id)\n'
        "            if at is not None:\n"
        "                await self._database.commit(\n"
        '                    _SQL["move_cursor"], session_id, at["seq"], at["head_offset"])\n',
        tests=(f"{_CRASH}::test_workers_that_end_at_a_failpoint_lose_nothing",),
    ),
    Fault(
        name="an outbox that is read by the ids of its rows",
        promise="C1: what a slow transaction tells is told after what came later",
        file="liveshop/features/change_feed/change_feed.sql",
        old="        WHERE o.xid < (SELECT xid FROM bound) AND NOT EXISTS (",
        new="        WHERE true OR NOT EXISTS (",
        tests=(f"{_FEED}::test_what_a_slow_transaction_tells_comes_before_what_a_quick_one_told",),
    ),
    Fault(
        name="a cursor that stays behind numbers without an order",
        promise="C1: the feed looks at the same session without end, and lags",
        file="liveshop/features/change_feed/store.py",
        old='max(at["seq"], _last_seq(orders))',
        new="max(told, _last_seq(orders))",
        tests=(f"{_FEED}::test_a_number_that_no_order_has_is_passed",),
    ),
    Fault(
        name="words of a viewer in a message",
        promise="a pinned message of somebody who is forgotten is in messages for 30 days",
        file="liveshop/features/change_feed/rules.py",
        old="    if kind in _WHOLE:",
        new="    if kind:",
        tests=(f"{_FEED_RULES}::test_an_event_is_told_whole_and_one_with_words_of_viewers_is_not",),
    ),
    Fault(
        name="an id that is only the subject and the step",
        promise="after a restore another fact has a known id, and receivers leave it out",
        file="liveshop/features/change_feed/rules.py",
        old="[step.type, step.subject, step.sequence, step.data]",
        new="[step.type, step.subject, step.sequence]",
        tests=(f"{_FEED_RULES}::test_an_id_is_the_same_for_the_same_facts_and_another_for_others",),
    ),
    Fault(
        name="no answer is taken for a success",
        promise="C2: what a receiver that is away should have had is never sent again",
        file="liveshop/features/webhooks/rules.py",
        old="    if status is not None and 200 <=",
        new="    if status is None or 200 <=",
        tests=(f"{_RULES}::test_everything_else_is_tried_again_redirects_too",),
    ),
    Fault(
        name="messages of a subject that overtake each other",
        promise="C3: an order is cancelled before it is confirmed",
        file="liveshop/features/webhooks/deliveries.sql",
        old="    WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.next_ms <= $1\n"
        "      AND (w.ordering = 'none' OR NOT EXISTS (",
        new="    WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.next_ms <= $1\n"
        "      AND (true OR NOT EXISTS (",
        tests=(f"{_DELIVERY}::test_of_a_subject_in_order_one_message_is_in_flight",),
    ),
    Fault(
        name="a redirect that is taken for a success",
        promise="C2: a message that went to another place counts as delivered",
        file="liveshop/features/webhooks/rules.py",
        old="200 <= status < 300",
        new="200 <= status < 400",
        tests=(f"{_RULES}::test_everything_else_is_tried_again_redirects_too",),
    ),
    Fault(
        name="a signature without the timestamp",
        promise="what was recorded once is good for ever, and no library verifies it",
        file="liveshop/features/webhooks/rules.py",
        old='signed = b"%s.%d.%s" % (message_id.encode(), timestamp_s, body)',
        new='signed = b"%s.%s" % (message_id.encode(), body)',
        tests=(f"{_RULES}::test_what_we_sign_is_verified_by_the_library_of_standard_webhooks",),
    ),
    Fault(
        name="what waits for a webhook that is given up is dropped",
        promise="C2: messages are lost without a trace",
        file="liveshop/features/webhooks/deliveries.sql",
        old="    UPDATE webhook_delivery SET state = 'parked' WHERE webhook_id = $1",
        new="    DELETE FROM webhook_delivery WHERE webhook_id = $1",
        tests=(f"{_DELIVERY}::test_one_that_fails_for_five_days_and_twenty_tries_is_given_up",),
    ),
    Fault(
        name="a name that is resolved again to connect",
        promise="C4: whoever owns the name leads a request to this machine",
        file="liveshop/worker/network.py",
        old="                    str(address), port, each_s, local_address, socket_options",
        new="                    str((await self._resolver(host, port))[0]), port, each_s, "
        "local_address, socket_options",
        tests=(f"{_EGRESS}::test_a_name_that_changes_between_two_answers_is_resolved_once",),
    ),
    Fault(
        name="one public address among others is enough",
        promise="C4: a name with a private address, too, is called",
        file="liveshop/worker/network.py",
        old="        for address in addresses:\n            found = why_forbidden",
        new="        for address in addresses[:1]:\n            found = why_forbidden",
        tests=(f"{_EGRESS}::test_one_forbidden_address_among_others_is_enough",),
    ),
    Fault(
        name="an IPv4 address in IPv6 that is not looked into",
        promise="C4: 64:ff9b::7f00:1 is this machine where there is NAT64",
        file="liveshop/core/egress.py",
        old="    if address in _NAT64 or",
        new="    if",
        tests=(f"{_EGRESS}::test_an_address_is_judged_by_where_a_connection_would_end",),
    ),
    Fault(
        name="a slow answer that is waited for",
        promise="C4: a receiver that sends a byte now and then keeps a worker busy for ever",
        file="liveshop/worker/egress.py",
        old="            with anyio.fail_after(self._request_s_max):",
        new="            with anyio.fail_after(None):",
        tests=(
            f"{_EGRESS}::test_an_answer_that_comes_drop_by_drop_ends_with_the_time_of_a_request",
        ),
    ),
    Fault(
        name="a call that comes while a round is under way",
        promise="a message waits for the next look, however urgent it is",
        file="liveshop/worker/rounds.py",
        old="            self._woken = anyio.Event()\n            pause_s = await self._round()",
        new="            pause_s = await self._round()\n            self._woken = anyio.Event()",
        tests=(f"{_ROUNDS}::test_a_call_while_a_round_is_under_way_is_not_lost",),
    ),
)
