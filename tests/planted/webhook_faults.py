"""Bugs in the change feed, in webhooks, and in the guard of what goes out."""

from typing import Final

from tests.planted.fault import Fault

_FEED: Final = "tests/features/change_feed/test_store.py"
_FEED_RULES: Final = "tests/features/change_feed/test_rules.py"
_RULES: Final = "tests/features/webhooks/test_rules.py"
_DELIVERY: Final = "tests/features/webhooks/test_delivery.py"
_HEARING: Final = "tests/features/webhooks/test_hearing.py"
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
        old="**told_facts(body)",
        new="**body",
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
        old="            self._woken = anyio.Event()\n            began_s = time.monotonic()\n"
        "            pause_s = await self._round()\n",
        new="            began_s = time.monotonic()\n            pause_s = await self._round()\n"
        "            self._woken = anyio.Event()\n",
        tests=(f"{_ROUNDS}::test_a_call_while_a_round_is_under_way_is_not_lost",),
    ),
    Fault(
        name="the steps of a subject in the order of their transactions",
        promise="C1: a transaction that began first and came last is told first",
        file="liveshop/features/change_feed/change_feed.sql",
        old="ORDER BY k.id\n",
        new="ORDER BY k.xid, k.id\n",
        tests=(
            f"{_FEED}::test_steps_of_a_subject_follow_its_lock_whichever_transaction_began_first",
        ),
    ),
    Fault(
        name="one session that meets a bug stops the feed",
        promise="C1: no other session is told any longer",
        file="liveshop/features/change_feed/worker.py",
        old="        except Unavailable:\n            raise\n",
        new="        except Exception:\n            raise\n",
        tests=(
            "tests/features/change_feed/test_worker.py"
            "::test_a_session_that_cannot_be_told_holds_up_no_other_and_the_lag_says_so",
        ),
    ),
    Fault(
        name="a message as long as its event",
        promise="receivers refuse what is over 20 kB, and it is a dead letter",
        file="liveshop/features/change_feed/rules.py",
        old="    if not fits(data):\n",
        new="    if not data:\n",
        tests=(f"{_FEED_RULES}::test_what_would_be_longer_than_20_kilobytes_says_where_it_is",),
    ),
    Fault(
        name="a bug that one address meets leaves no failure",
        promise="C2: a message is tried without end, and is no dead letter that can be seen",
        file="liveshop/features/webhooks/worker.py",
        old='            return NoAnswer("no answer: a fault of liveshop, which its log has")\n',
        new="            raise\n",
        tests=(
            f"{_DELIVERY}"
            "::test_an_address_that_cannot_be_called_leaves_failures_that_its_owner_sees",
        ),
    ),
    Fault(
        name="webhooks that never answer take all turns",
        promise="C2: a hundred tarpits hold up the webhooks of everybody",
        file="liveshop/features/webhooks/worker.py",
        old="        if slowest_ms >= _SLOW_MS:\n",
        new="        if slowest_ms < 0:\n",
        tests=(f"{_DELIVERY}::test_a_hundred_webhooks_that_never_answer_hold_up_no_other",),
    ),
    Fault(
        name="a webhook that goes while deliveries are made stops all",
        promise="C2: whoever makes and removes webhooks holds up those of everybody",
        file="liveshop/features/webhooks/deliveries.sql",
        old="    FOR KEY SHARE OF w\n), tests AS (\n",
        new="), tests AS (\n",
        tests=(
            "tests/features/webhooks/test_store.py"
            "::test_a_webhook_that_is_removed_while_deliveries_are_made_holds_up_no_other",
        ),
    ),
    Fault(
        name="an outcome is dropped while PostgreSQL is away",
        promise="C2: after each failover everything that was under way is sent twice",
        file="liveshop/features/webhooks/worker_marking.py",
        old="                await anyio.sleep(_AGAIN_S)\n",
        new="                raise\n",
        tests=(
            "tests/features/webhooks/test_marking.py"
            "::test_an_outcome_is_stored_once_postgresql_is_back",
        ),
    ),
    Fault(
        name="a worker goes by its machine's clock",
        promise="C1, C2: one that is a month fast deletes what nobody was told yet",
        file="liveshop/worker/worker.py",
        old="now_ms=now_ms or self._clock.now_ms,",
        new="now_ms=now_ms or (lambda: __import__('time').time_ns() // 1_000_000),",
        tests=(
            "tests/worker/test_clock.py"
            "::test_a_worker_that_is_a_month_fast_forgets_nothing_and_sends_as_of_now",
        ),
    ),
    Fault(
        name="the address of a webhook in a message",
        promise="hosts read in messages what is often a secret: the path of an address",
        file="liveshop/features/webhooks/store_deliveries.py",
        old='"url": origin,',
        new='"url": given_up["url"],',
        tests=(
            f"{_DELIVERY}::test_a_receiver_that_says_gone_is_given_up_at_once_and_others_are_told",
        ),
    ),
    Fault(
        name="interim answers are read without end",
        promise="C4: a receiver that sends 100 again and again keeps a worker busy",
        file="liveshop/worker/network.py",
        old="        if self._bytes_read > _READ_BYTES_MAX:\n",
        new="        if self._bytes_read < 0:\n",
        tests=(
            f"{_EGRESS}"
            "::test_answers_without_end_before_the_answer_are_read_no_further_than_a_bound",
        ),
    ),
    Fault(
        name="names are resolved where the loop resolves them",
        promise="C4: a handful of names whose servers never answer hold up all others",
        file="liveshop/worker/network.py",
        old="    Thread(target=_resolve, args=(answer, host, port), daemon=True).start()\n"
        "    return await asyncio.wrap_future(answer)\n",
        new="    return await asyncio.get_running_loop().run_in_executor(\n"
        "        None, lambda: _resolve(answer, host, port) or answer.result())\n",
        tests=(
            "tests/worker/test_network.py::test_names_whose_servers_never_answer_hold_up_no_other",
        ),
    ),
    Fault(
        name="a show that was made frees its key",
        promise="C22: a request that is sent again makes a second show",
        file="liveshop/edge/http/sessions.py",
        old="        raise OutcomeUnknown() from away\n",
        new="        raise\n",
        tests=(
            "tests/edge/http/test_once.py"
            "::test_a_show_that_was_made_and_cannot_be_shown_is_not_made_twice",
        ),
    ),
    Fault(
        name="a show's messages to the webhook of another shop",
        promise="tenancy: a shop hears of orders in a show that is not its own",
        file="liveshop/features/webhooks/deliveries.sql",
        old="    WHERE (w.shop IS NULL OR w.shop = m.shop)\n      AND m.number",
        new="    WHERE m.number",
        tests=(f"{_HEARING}::test_a_message_is_for_webhooks_of_its_show_or_of_its_shop_or_of_all",),
    ),
    Fault(
        name="a shop's messages to a webhook of one show",
        promise="a webhook of one show hears of all others of its shop",
        file="liveshop/features/webhooks/deliveries.sql",
        old="    WHERE w.session_id IS NULL AND m.subject",
        new="    WHERE m.subject",
        tests=(f"{_HEARING}::test_a_message_is_for_webhooks_of_its_show_or_of_its_shop_or_of_all",),
    ),
    Fault(
        name="webhooks of one show that nobody counts",
        promise="limits: more deliveries are made in a statement than it has time for",
        file="liveshop/features/webhooks/deliveries.sql",
        old="SELECT sum(n) AS m FROM hear",
        new="SELECT 0 AS m FROM hear",
        tests=(
            f"{_HEARING}::test_few_messages_are_taken_at_once_if_many_webhooks_may_hear_of_each",
        ),
    ),
)
