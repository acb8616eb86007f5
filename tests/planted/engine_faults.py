"""Faults in what the engine does with the answers of the stores."""

from typing import Final

from tests.planted.fault import Fault

_ENGINE: Final = "liveshop/engine"
_TESTS: Final = "tests/engine"

FAULTS: Final = (
    Fault(
        name="nobody copies the counters that a dead node has left",
        promise="P1: an order that it cancelled counts for its buyer's limit for good",
        file=f"{_ENGINE}/fanout/pulse.py",
        old="            session.epochs.recount()\n",
        new="",
        tests=(
            f"{_TESTS}/test_two_nodes.py"
            "::test_a_cancellation_that_a_node_took_with_it_is_told_and_counted_by_those_that_stay",
        ),
    ),
    Fault(
        name="an order given up by whoever knows its id",
        promise="P5: a stranger ends the order that its buyer is about to pay",
        file="liveshop/engine/purchase/order_outcomes.py",
        old="        if (order.session_id, order.viewer_id) != (self._session.session_id, buyer):",
        new="        if order.session_id != self._session.session_id:",
        tests=(
            "tests/engine/test_giving_up.py"
            "::test_an_order_is_abandoned_by_its_buyer_alone_and_not_once_it_is_paid",
        ),
    ),
    Fault(
        name="the units of an order that was given up stay held",
        promise="P4: nobody can buy them until a deadline that nobody waits for",
        file="liveshop/engine/purchase/order_outcomes.py",
        old="        await self._settler.settle(outcomes, reply.copies)\n        if reply.new:\n"
        "            await self.expired(outcomes)\n",
        new="        if reply.new:\n            await self.expired(outcomes)\n",
        tests=(
            "tests/engine/test_giving_up.py"
            "::test_the_units_of_an_abandoned_order_are_for_sale_at_once",
        ),
    ),
    Fault(
        name="told before COMMIT",
        promise="P2: an order is confirmed to its buyer that a crash may undo",
        file=f"{_ENGINE}/purchase/writer.py",
        old="            await self._learn_limits(batch)\n",
        new="            await self._learn_limits(batch)\n"
        "            now_ms = self._session.node.now_ms()\n"
        "            for ordered in batch:\n"
        "                ordered.priced = price(ordered.reservations)\n"
        "                told = Outcome(verdict=Verdict.CONFIRMED, at_ms=now_ms)\n"
        "                self.announcer.announce(ordered, told, None)\n",
        also=(
            ("self.announcer.announce(ordered, reply.outcomes[ordered.order_id], order)", "pass"),
            (
                "from liveshop.stores.postgres.order_records import ",
                "from liveshop.stores.postgres.order_records import Verdict\n"
                "from liveshop.stores.postgres.order_records import ",
            ),
        ),
        tests=(f"{_TESTS}/test_purchases.py::test_nothing_is_confirmed_before_its_commit",),
    ),
    Fault(
        name="an order under way told as lost",
        promise="P5: refused, then confirmed",
        file=f"{_ENGINE}/purchase/order_outcomes.py",
        old="unclear = [each for each in lost if each.rid not in under_way]",
        new="unclear = [each for each in lost if each.rid not in ()]",
        tests=(f"{_TESTS}/test_lost_messages.py::test_an_order_under_way_is_not_told_as_lost",),
    ),
    Fault(
        name="a `buy` taken while Postgres is away",
        promise="P4: units are held that nobody can be sold",
        file=f"{_ENGINE}/rooms/epochs.py",
        old="        return self._buying is Buying.OPEN and self._node.stores_up",
        new="        return self._buying is Buying.OPEN",
        tests=(f"{_TESTS}/test_outages.py::test_postgres_goes_away_and_what_is_held_stays_held",),
    ),
    Fault(
        name="a rebuild forgets orders that wait for their money",
        promise="P1, P3: their units are sold again while they are being paid for",
        file=f"{_ENGINE}/rooms/rebuild.py",
        old="pending=[item for order in rebuild.pending for item in _paying(order)],",
        new="pending=[],",
        tests=(
            f"{_TESTS}/test_rebuild.py"
            "::test_an_order_that_waits_for_its_money_keeps_its_unit_through_a_loss",
        ),
    ),
    Fault(
        name="a rebuild believes an old file about what is open",
        promise="P4: a unit that is sold is held a second time",
        file=f"{_ENGINE}/rooms/rebuild.py",
        old="            resolved=resolved,\n",
        new="            resolved=[],\n",
        tests=(
            f"{_TESTS}/test_rebuild.py"
            "::test_a_hold_of_an_old_file_that_was_ordered_since_takes_no_second_unit",
        ),
    ),
    Fault(
        name="the answer to an older epoch taken for that of the newest",
        promise="P5: an order that a rebuild overtakes is neither written nor answered",
        file=f"{_ENGINE}/purchase/commits.py",
        old="                if reply.epoch == epoch:\n",
        new="                if reply.epoch == session.epochs.newest:\n",
        tests=(
            f"{_TESTS}/test_rebuild.py"
            "::test_an_order_that_a_rebuild_overtakes_is_confirmed_at_the_new_epoch",
        ),
    ),
    Fault(
        name="an order that waits for its money since a loss is forgotten",
        promise="P1, P3: its units are sold to others while it is being paid for",
        file=f"{_ENGINE}/purchase/settler.py",
        old="                if lost:\n",
        new="                if lost and False:\n",
        tests=(
            f"{_TESTS}/test_rebuild.py"
            "::test_an_order_that_waits_for_its_money_since_a_loss_keeps_its_unit",
        ),
    ),
    Fault(
        name="a charge that waits for its money since a loss is forgotten",
        promise="P12: what an order takes besides its lines goes to others while it is paid for",
        file=f"{_ENGINE}/purchase/writer.py",
        old="                and ordered.epoch < reply.epoch\n"
        "                for reservation in ordered.records\n",
        new="                and ordered.epoch < reply.epoch\n"
        "                for reservation in ordered.reservations\n",
        tests=(
            f"{_TESTS}/test_charges.py"
            "::test_an_order_that_a_loss_of_its_charge_only_overtakes_holds_the_charge_again",
        ),
    ),
    Fault(
        name="a cart held in an older Redis is taken for ordered",
        promise="P3: what waits for money is given back, and its units are sold to others",
        file=f"{_ENGINE}/purchase/settler.py",
        old="any(rid not in known or known[rid].order_id is None for rid in rids)",
        new="any(rid not in known for rid in rids)",
        tests=(
            f"{_TESTS}/test_rebuild.py"
            "::test_a_cart_that_waits_for_its_money_is_ordered_in_an_older_redis_too",
        ),
    ),
    Fault(
        name="a rebuild counts what was sold before it knows which orders there are",
        promise="P4: a unit that is sold while Redis is loaded is set aside for another buyer",
        file=f"{_ENGINE}/rooms/rebuild.py",
        old="        session.keep_rows(await sessions.rows(session.session_id))\n",
        new="",
        tests=(
            f"{_TESTS}/test_rebuild.py"
            "::test_a_unit_sold_while_redis_is_loaded_is_reserved_for_nobody_else",
        ),
    ),
    Fault(
        name="a rebuild forgets in which order a survivor was sold",
        promise="P5: a cart that was confirmed is told as expired",
        file=f"{_ENGINE}/rooms/rebuild.py",
        old="[item for order in orders.values() for item in sold(order)]",
        new="[replace(i, order_id=None) for o in orders.values() for i in sold(o)]",
        tests=(
            f"{_TESTS}/test_old_file.py"
            "::test_a_cart_that_an_older_redis_had_as_held_is_told_as_confirmed_again",
        ),
    ),
    Fault(
        name="an order that was there told at the price of today",
        promise="P2: what is told costs another sum than what is stored",
        file=f"{_ENGINE}/purchase/writer.py",
        old="                order = stored.get(ordered.order_id)\n",
        new="                order = None\n",
        tests=(
            f"{_TESTS}/test_old_file.py::"
            "test_a_purchase_that_an_older_redis_does_not_know_is_told_at_the_price_of_its_order",
        ),
    ),
    Fault(
        name="a second reservation of what is ordered keeps its price",
        promise="P2: a buyer was told another price than that of the order",
        file=f"{_ENGINE}/purchase/order_announcer.py",
        old="            if first != reservation:\n",
        new="            if False:\n",
        tests=(
            f"{_TESTS}/test_old_file.py::"
            "test_a_purchase_that_an_older_redis_does_not_know_is_told_at_the_price_of_its_order",
        ),
    ),
    Fault(
        name="whatever is found after a lost answer taken for new",
        promise="P8: hosts are told of an order a second time",
        file=f"{_ENGINE}/purchase/commits.py",
        old="new=each.new or each.at_ms in tried_ms)",
        new="new=True)",
        tests=(
            f"{_TESTS}/test_old_file.py::test_an_order_found_while_postgres_goes_away"
            "_is_told_as_stored_and_new_ones_as_new",
        ),
    ),
    Fault(
        name="what is overdue and `paying` is left as it is",
        promise="P4, P8: a node that dies before its COMMIT keeps the units for ever",
        file=f"{_ENGINE}/rooms/upkeep.py",
        old="            await self._outcomes.resolve_overdue(reply.overdue)\n",
        new="",
        tests=(
            "tests/system/test_failpoints.py"
            "::test_a_unit_reserved_for_nobody_to_hear_comes_back_at_its_deadline",
        ),
    ),
    Fault(
        name="an ended session settled while units are held",
        promise="P1, P4: what a buyer still holds goes back to the catalogue",
        file=f"{_ENGINE}/rooms/upkeep.py",
        old="if closed and not self._pulse.held and session.epochs.buying:",
        new="if closed and session.epochs.buying:",
        tests=(
            f"{_TESTS}/test_two_nodes.py"
            "::test_a_unit_held_through_another_node_keeps_an_ended_session_open",
        ),
    ),
    Fault(
        name="money that a crash left half done stays so",
        promise="P3: it is neither an order nor a refund",
        file=f"{_ENGINE}/purchase/order_service.py",
        old="await self._confirm(payment.order_id, payment.payment_id, payment.amount)",
        new="pass",
        tests=(
            f"{_TESTS}/test_purchases.py"
            "::test_money_that_was_stored_and_not_applied_is_applied_by_any_node",
        ),
    ),
    Fault(
        name="a call without a reply told as refused",
        promise="P5: the buyer is told no, while its unit is reserved and may be ordered",
        file=f"{_ENGINE}/purchase/asking.py",
        old="if not until_s and not isinstance(failure, OutcomeUnknown):",
        new="if not until_s:",
        tests=(
            "tests/faults/test_unknown_outcomes.py"
            "::test_a_purchase_whose_reservation_is_lost_on_the_way_is_made_once",
        ),
    ),
    Fault(
        name="a host's command without an answer to its COMMIT done again",
        promise="P8: what the log has already is decided a second time",
        file=f"{_ENGINE}/rooms/command_log.py",
        old="            if tuple(logged) != decision.events:",
        new="            if tuple(logged) == decision.events:",
        tests=(
            "tests/faults/test_unknown_outcomes.py"
            "::test_a_hosts_command_whose_commit_is_not_answered_is_carried_out_once",
        ),
    ),
    Fault(
        name="an older Postgres goes unnoticed",
        promise="P1, P8: Redis sells on by what is no longer so, and no host is obeyed",
        file=f"{_ENGINE}/rooms/rooms.py",
        old="        if head.is_behind(known):",
        new="        if head.is_behind(known) and False:",
        tests=(
            f"{_TESTS}/test_rollback.py"
            "::test_an_older_postgres_is_believed_and_selling_goes_on_at_its_prices",
        ),
    ),
    Fault(
        name="a log that has gone another way is not read again",
        promise="P6: two nodes show two different shows",
        file=f"{_ENGINE}/rooms/command_log.py",
        old="            if logged != [newest]:",
        new="            if not logged and False:",
        tests=(f"{_TESTS}/test_rollback.py::test_two_nodes_follow_an_older_postgres_alike",),
    ),
    Fault(
        name="a cart ordered by the limit of today",
        promise="P5: what was reserved is refused",
        file=f"{_ENGINE}/purchase/writer.py",
        old="session.limits.since(sku_row(reservation.sku), reserved_ms)",
        new="session.limits.now(sku_row(reservation.sku))",
        tests=(
            f"{_TESTS}/test_purchase_limits.py"
            "::test_what_was_held_before_the_limit_fell_can_be_ordered",
        ),
    ),
    Fault(
        name="settlements that cannot wait are dropped",
        promise="P4: units that are sold also stay held, to a deadline far away",
        file=f"{_ENGINE}/purchase/settler.py",
        old="            self._session.epochs.reload()",
        new="            pass",
        tests=(
            f"{_TESTS}/test_rebuild.py"
            "::test_more_settlements_than_can_wait_for_redis_are_made_good_by_a_rebuild",
        ),
    ),
    Fault(
        name="a still that does not follow its log",
        promise="P6: strangers go on reading a message that a moderator took away",
        file="liveshop/engine/rooms/stills.py",
        old="            elif head.offset != still.offset:\n",
        new="            elif head.offset < still.offset:\n",
        tests=("tests/engine/test_stills.py::test_viewers_of_a_still_get_every_event",),
    ),
    Fault(
        name="a still that keeps what it lacked during an outage",
        promise="P6: strangers miss a show's chat for as long as anybody watches it",
        file="liveshop/engine/rooms/stills.py",
        old="            elif not still.whole and",
        new="            elif False and",
        tests=(
            "tests/engine/test_stills.py"
            "::test_a_still_made_while_redis_is_away_gets_its_chat_once_redis_is_back",
        ),
    ),
    Fault(
        name="quiet rooms without a bound",
        promise="P7: one socket for each listed show takes the node from everybody else",
        file="liveshop/engine/rooms/rooms.py",
        old="        elif not insists:\n            raise Busy()\n",
        new="",
        tests=(
            "tests/engine/test_stills.py"
            "::test_strangers_load_so_many_quiet_shows_and_others_are_let_in_beyond",
        ),
    ),
    Fault(
        name="a charge lost in a rebuild",
        promise="P12: what an order that waits has been promised is promised to another",
        file=f"{_ENGINE}/purchase/ordered.py",
        old="    return [*lines, *_charge_of(order)]\n",
        new="    return lines\n",
        tests=(
            f"{_TESTS}/test_charges.py"
            "::test_an_order_that_waits_keeps_its_charges_through_a_loss_until_it_is_paid",
        ),
    ),
    Fault(
        name="a charge not returned by a void",
        promise="P4, P12: an order that was never paid keeps its uses for ever",
        file=f"{_ENGINE}/purchase/order_outcomes.py",
        old="            if reservation.order_id and not self._writer.has(reservation.order_id)\n",
        new="            if reservation.is_purchase\n"
        "            and reservation.order_id\n"
        "            and not self._writer.has(reservation.order_id)\n",
        tests=(
            f"{_TESTS}/test_charges.py::test_an_order_that_is_never_paid_gives_its_charges_back",
        ),
    ),
    Fault(
        name="a memo lost between reservation and order",
        promise="P2: a feature cannot say what it has sold",
        file=f"{_ENGINE}/purchase/writer.py",
        old="            memo=reservation.memo,\n",
        new="",
        tests=(f"{_TESTS}/test_charges.py::test_an_order_takes_its_charges_and_keeps_its_memo",),
    ),
    Fault(
        name="a buyer told of an order's charges",
        promise="P12: a client hears of a rid that it never sent",
        file=f"{_ENGINE}/purchase/order_outcomes.py",
        old="            if reservation.is_told:\n                self._session",
        new="            if reservation:\n                self._session",
        tests=(
            f"{_TESTS}/test_charges.py::test_an_order_that_is_never_paid_gives_its_charges_back",
        ),
    ),
    Fault(
        name="a cart that meets a bug fails all orders of its batch",
        promise="purchases of others are lost with one that cannot be priced",
        file="liveshop/engine/purchase/writer.py",
        old=(
            "                del self._known[ordered.order_id]\n"
            "                self._fail([ordered])\n"
        ),
        new="                raise\n",
        tests=(
            "tests/engine/test_bugs.py::test_a_cart_that_cannot_be_priced_costs_the_others_nothing",
        ),
    ),
)
