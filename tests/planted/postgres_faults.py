"""Faults in what Postgres is asked to do."""

from typing import Final

from tests.planted.fault import Fault

_STORE: Final = "liveshop/stores/postgres"
_TESTS: Final = "tests/stores/postgres"

FAULTS: Final = (
    Fault(
        name="no session row lock around a batch",
        promise="P1: an order of the old epoch commits during a rebuild",
        file=f"{_STORE}/sql/batch.sql",
        old="FROM session WHERE id = $1 FOR UPDATE",
        new="FROM session WHERE id = $1",
        tests=(
            f"{_TESTS}/test_batch.py"
            "::test_an_order_that_a_rebuild_overtakes_is_of_an_older_epoch_and_writes_nothing",
        ),
    ),
    Fault(
        name="no session row lock around a cancel",
        promise="P1: cancelled twice, an order gives its units back twice",
        file=f"{_STORE}/sql/session_lock.sql",
        old="FROM session WHERE id = $1 FOR UPDATE",
        new="FROM session WHERE id = $1",
        tests=(
            f"{_TESTS}/test_orders.py::test_cancelling_twice_at_once_gives_the_units_back_once",
        ),
    ),
    Fault(
        name="an order of an older epoch commits",
        promise="P1: a rebuild counts without it, and its unit is sold again",
        file=f"{_STORE}/sql/batch.sql",
        old="    WHERE s.stock_epoch = $2\n    ORDER BY o.id",
        new="    ORDER BY o.id",
        tests=(
            f"{_TESTS}/test_batch.py::test_another_epoch_writes_nothing_and_says_the_current_one",
        ),
    ),
    Fault(
        name="two nodes win one epoch",
        promise="P1: two rebuilds load different counters",
        file=f"{_STORE}/sql/sessions.sql",
        old="WHERE id = $1 AND stock_epoch = $2 RETURNING *",
        new="WHERE id = $1 AND stock_epoch >= $2 RETURNING *",
        tests=(f"{_TESTS}/test_sessions.py::test_one_node_wins_the_epoch",),
    ),
    Fault(
        name="no CHECK on what is sold",
        promise="P1: nothing is left that does not believe Redis",
        file=f"{_STORE}/migrations/versions/v0001_initial.sql",
        old="CHECK (sold BETWEEN 0 AND units)",
        new="CHECK (sold >= 0)",
        tests=(
            f"{_TESTS}/test_batch.py"
            "::test_orders_beyond_the_units_are_refused_first_come_first_served",
        ),
    ),
    Fault(
        name="no per-buyer sum over an order's lines",
        promise="P1: a cart of many lines counts as its largest for the buyer's limit",
        file=f"{_STORE}/sql/batch.sql",
        old="    SELECT $1, scope, buyer, sum(qty), max(cap)",
        new="    SELECT $1, scope, buyer, max(qty), max(cap)",
        tests=(f"{_TESTS}/test_batch.py::test_a_batch_raises_what_is_sold_bought_and_counted",),
    ),
    Fault(
        name="a void ignores a confirmed order",
        promise="P2: an order that its buyer was told of is taken back",
        file=f"{_STORE}/sql/batch.sql",
        old="      AND o.status = 'pending' AND o.pay_until_ms <= $2\n",
        new="",
        tests=(
            f"{_TESTS}/test_orders.py"
            "::test_void_loses_to_a_confirmed_order_and_returns_what_to_settle",
        ),
    ),
    Fault(
        name="a paid order can be given up",
        promise="P2: an order that its buyer was told of is taken back",
        file=f"{_STORE}/orders.py",
        old="            new = order.status is OrderStatus.PENDING\n",
        new="            new = order.status is not OrderStatus.VOID\n",
        tests=(f"{_TESTS}/test_payments.py::test_an_order_that_was_paid_is_not_given_up",),
    ),
    Fault(
        name="why an order was given up is not read again",
        promise="P5: its buyer is told first that the payment failed, then that it has expired",
        file=f"{_STORE}/sql/batch.sql",
        old="coalesce(o.given_up, o.void_code) AS void_code,\n       o.args_hash, o.at_ms\n"
        "FROM unnest($1::text[]) AS n (id)",
        new="o.void_code,\n       o.args_hash, o.at_ms\nFROM unnest($1::text[]) AS n (id)",
        tests=(
            f"{_TESTS}/test_payments.py::test_an_order_is_given_up_once_and_its_first_reason_holds",
        ),
    ),
    Fault(
        name="an order that is void is confirmed after all",
        promise="P5: told as expired, then as confirmed",
        file=f"{_STORE}/void.py",
        old='            return Outcome(verdict=Verdict(stored["void_code"] or Verdict.EXPIRED))',
        new='            return Outcome(verdict=Verdict.CONFIRMED, at_ms=stored["at_ms"])',
        tests=(f"{_TESTS}/test_batch.py::test_an_order_that_is_void_is_expired",),
    ),
    Fault(
        name="`synchronous_commit` off",
        promise="P2: a confirmed order is gone after a power cut",
        file=f"{_STORE}/database.py",
        old='    "application_name": "liveshop",\n',
        new='    "application_name": "liveshop",\n    "synchronous_commit": "off",\n',
        tests=(f"{_TESTS}/test_database.py::test_a_commit_waits_for_the_disk",),
    ),
    Fault(
        name="a COMMIT without an answer taken for a failure",
        promise="P2, P5: an order that was committed is told as refused",
        file=f"{_STORE}/database.py",
        old="            with translated(sent=True):\n                await transaction.commit()",
        new="            with translated():\n                await transaction.commit()",
        tests=(
            f"{_TESTS}/test_database.py::test_a_commit_whose_answer_is_lost_is_of_unknown_outcome",
        ),
    ),
    Fault(
        name="a payment applied before it is stored",
        promise="P3: money that was reported is forgotten with the transaction that fails",
        file=f"{_STORE}/payments.py",
        old='        stored = await self._record(place["shop"], *record)\n'
        '        if (stored["order_id"], stored["amount"]) != (order_id, amount):\n'
        '            raise Conflict("this payment_id was reported with another order or amount")\n'
        "        self._reach(Failpoint.AFTER_PAYMENT)\n"
        "        async with self._database.transaction(session_id) as connection:\n"
        "            await lock_session(connection, session_id)\n",
        new='        stored = {"id": payment_id, "shop": place["shop"]}\n'
        "        async with self._database.transaction(session_id) as connection:\n"
        "            await lock_session(connection, session_id)\n"
        '            await connection.execute(_SQL["record_payment"], *record)\n',
        tests=(f"{_TESTS}/test_payments.py::test_money_is_on_record_before_its_order_is_touched",),
    ),
    Fault(
        name="a payment accepted at its deadline",
        promise="P3: the order is confirmed and void at once",
        file=f"{_STORE}/payments.py",
        old='now_ms < order["pay_until_ms"]',
        new='now_ms <= order["pay_until_ms"]',
        tests=(f"{_TESTS}/test_payments.py::test_a_payment_at_the_deadline_is_late",),
    ),
    Fault(
        name="a session settled while an order waits for its money",
        promise="P1, P3: units that are being paid for go back to the catalogue",
        file=f"{_STORE}/sessions.py",
        old='            if await connection.fetch(_SQL["has_pending"], session_id):\n'
        "                return False\n",
        new="",
        tests=(f"{_TESTS}/test_sessions.py::test_nothing_is_settled_while_it_can_still_be_sold",),
    ),
    Fault(
        name="an event appended at any offset",
        promise="P8: two nodes decide against the same state, and both win",
        file=f"{_STORE}/sql/sessions.sql",
        old="WHERE id = $1 AND head_offset = $2\n",
        new="WHERE id = $1 AND head_offset >= $2\n",
        tests=(f"{_TESTS}/test_sessions.py::test_an_offset_that_is_taken_is_not_appended",),
    ),
    Fault(
        name="an order has what only names it",
        promise="P1, P2: a survivor is told as sold in an order that it is not in",
        file=f"{_STORE}/void.py",
        old="    stray = found in (Verdict.CONFIRMED, Verdict.PENDING) and not has_line\n",
        new="    stray = False\n",
        tests=(
            f"{_TESTS}/test_orders.py"
            "::test_what_redis_still_has_open_is_in_the_order_that_has_its_line",
        ),
    ),
    Fault(
        name="a void order does not keep its reservations",
        promise="P5: a rid told as lost is confirmed in another order",
        file=f"{_STORE}/sql/batch.sql",
        old="    FROM line AS l JOIN made AS m ON m.id = l.order_id ORDER BY l.rid\n"
        "    ON CONFLICT (rid) DO NOTHING\n",
        new="    FROM line AS l JOIN made AS m ON m.id = l.order_id WHERE false\n",
        tests=(
            "tests/engine/test_one_answer.py"
            "::test_a_cart_that_was_told_as_lost_is_not_ordered_by_a_writer_that_comes_late",
        ),
    ),
    Fault(
        name="a total that is not the sum of the finals",
        promise="P2: a buyer is told a discount, and owes the whole price",
        file=f"{_STORE}/order_records.py",
        old="        return total_of(self.lines)\n",
        new="        return sum(line.price * line.quantity for line in self.lines)\n",
        tests=(f"{_TESTS}/test_priced.py::test_a_total_is_the_sum_of_finals_wherever_it_is_told",),
    ),
    Fault(
        name="a charge of a row that is not there is free",
        promise="P12: uses that nobody has set aside are given away",
        file=f"{_STORE}/sql/batch.sql",
        old="    WHERE c.capped\n",
        new="    WHERE c.sku IS NOT NULL\n",
        tests=(
            f"{_TESTS}/test_charges.py::test_an_order_whose_charges_do_not_fit_is_refused_whole",
        ),
    ),
    Fault(
        name="a charge and a sale of one row counted as one of them",
        promise="P12: a row has units left that are gone",
        file=f"{_STORE}/sql/batch.sql",
        old='    SELECT "row", NULL, sum(n)::int, bool_or(capped)\n',
        new='    SELECT "row", NULL, max(n)::int, bool_or(capped)\n',
        tests=(
            f"{_TESTS}/test_charges.py::test_a_charge_of_the_row_of_a_lines_sale_is_added_to_it",
        ),
    ),
    Fault(
        name="a cancelled order keeps its charges",
        promise="P12: a use that was given back never comes back",
        file=f"{_STORE}/sql/orders.sql",
        old='        SELECT "row", n, true FROM order_charge WHERE order_id = $2\n',
        new='        SELECT "row", n, true FROM order_charge WHERE order_id = $2 AND $3 > 0\n',
        tests=(
            f"{_TESTS}/test_charges.py"
            "::test_a_cancelled_order_gives_its_charges_back_and_the_limit_too",
        ),
    ),
    Fault(
        name="a charge not counted by the audit",
        promise="P12: a row that has been exceeded is not found",
        file="liveshop/stores/audit/books.sql",
        old='        SELECT o.session_id, c."row", c.n\n',
        new='        SELECT o.session_id, c."row", 0\n',
        tests=(
            "tests/stores/audit/test_charges.py::test_damage_is_found",
            "tests/stores/audit/test_books.py"
            "::test_after_anything_that_can_happen_the_books_are_right",
        ),
    ),
    Fault(
        name="a later release's schema taken for a broken one",
        promise="P8: in a rolling upgrade a restarted pod of this release never serves again",
        file=f"{_STORE}/migrate.py",
        old="    if _is_later(known):\n",
        new="    if False:\n",
        tests=(
            "tests/cli/test_later_release.py"
            "::test_migrating_leaves_the_schema_of_a_later_release_as_it_is",
        ),
    ),
)
