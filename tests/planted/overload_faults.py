"""Faults in who is refused, dropped and read when more is asked for than can be sold."""

from typing import Final

from tests.planted.fault import Fault

_ENGINE: Final = "liveshop/engine"
_INTAKE: Final = "tests/edge/test_intake.py"
_OVERLOAD: Final = "tests/engine/test_overload.py"

FAULTS: Final = (
    Fault(
        name="viewers are left to their transports for good",
        promise="overload: all that a crowd sends is read before any purchase goes on",
        file="liveshop/edge/viewer_socket.py",
        old="        if (says_more or self.identity is not None) and",
        new="        if False and",
        tests=(
            "tests/edge/test_waiting_packets.py"
            "::test_one_without_a_token_is_watched_from_its_first_message_on_and_not_for_its_pongs",
        ),
    ),
    Fault(
        name="gauges spared for longer than a viewer may hear nothing",
        promise="overload: each page takes its connection for dead, and all of them join again",
        file=f"{_ENGINE}/fanout/broadcast.py",
        old="if overdue or ((changed or for_hosts) and not spared):",
        new="if (overdue or changed or for_hosts) and not spared:",
        tests=(
            "tests/engine/test_broadcast.py"
            "::test_spared_gauges_come_as_often_as_a_viewer_must_hear_something",
        ),
    ),
    Fault(
        name="what is reserved refused unread",
        promise="P5: a buyer whose unit is set aside is told that nothing was done",
        file=f"{_ENGINE}/rooms/room.py",
        old="busy = self._combiner.refuses(rid, buys=True)\n        if busy is None:",
        new="busy = self.admission.refuse_purchase(self.purchases_waiting, "
        "self.writer.under_way, buys=True)\n        if busy is None:",
        tests=(
            f"{_OVERLOAD}::test_while_purchases_are_refused_a_buy_is_busy_by_nothing_but_its_rid",
        ),
    ),
    Fault(
        name="what is refused unread costs no rate",
        promise="a rate per viewer: one connection may ask as often as it likes under overload",
        file="liveshop/core/connection.py",
        old="            allowance.of(PURCHASES, now_ms).take(now_ms)\n",
        new="",
        tests=(
            "tests/core/test_connection.py::test_a_buy_that_is_refused_unread"
            "_is_nothing_to_carry_out_and_counts_towards_its_rate",
        ),
    ),
    Fault(
        name="the end of buying spared with the gauges",
        promise="overload: buyers go on asking a store that is away",
        file=f"{_ENGINE}/fanout/broadcast.py",
        old="may_wait = sparing and gauges.buying == shown.buying",
        new="may_wait = sparing",
        tests=(
            "tests/engine/test_broadcast.py"
            "::test_gauges_are_spared_while_purchases_are_refused_but_not_whether_one_can_buy",
        ),
    ),
    Fault(
        name="an order that is paying dropped because its buyer has gone",
        promise="P4, P5: its units are held by nobody, and its rid has no answer",
        file=f"{_ENGINE}/purchase/writer.py",
        old="self._queue.take(limits.ORDERS_PER_COMMIT_MAX)",
        new="self._queue.take(limits.ORDERS_PER_COMMIT_MAX, lambda each: "
        "self._session.audience.has_buyer(each.buyer))",
        tests=(
            f"{_OVERLOAD}"
            "::test_an_order_that_is_paying_is_written_whoever_has_gone_and_however_late",
        ),
    ),
    Fault(
        name="`busy` told after the reservation was made",
        promise="P5: the buyer is told that nothing was done, and the order is confirmed later",
        file=f"{_ENGINE}/purchase/combiner.py",
        old="            try:\n                self._answer(purchase, line, epoch)\n",
        new="            try:\n                if not self._is_wanted(purchase):\n"
        "                    continue\n                self._answer(purchase, line, epoch)\n",
        also=(
            (
                "        if purchase.replay or self._is_reserved(purchase.line.rid):\n",
                "        if 0:\n",
            ),
        ),
        tests=(
            f"{_OVERLOAD}"
            "::test_a_purchase_whose_wait_is_over_is_busy_and_one_that_redis_has_goes_on",
        ),
    ),
    Fault(
        name="a replay of what is reserved refused as busy",
        promise="P5: a buyer whose unit is set aside is told that nothing was done",
        file=f"{_ENGINE}/purchase/combiner.py",
        old="return self._session.mailbox.is_watched(rid) or self._writer.has(rid)",
        new="return False",
        tests=(
            f"{_OVERLOAD}::test_a_replay_of_what_is_reserved_is_answered_while_others_are_busy",
        ),
    ),
    Fault(
        name="units reserved for those who have gone",
        promise="overload: calls are spent on what nobody waits for",
        file=f"{_ENGINE}/purchase/combiner.py",
        old="        if purchase.asker.gone:\n",
        new="        if purchase.asker.gone and False:\n",
        tests=(
            f"{_OVERLOAD}"
            "::test_a_purchase_whose_connection_is_closed_is_dropped_before_it_is_reserved",
        ),
    ),
    Fault(
        name="one slow call shuts everybody out",
        promise="overload: nothing is let in that would show that it is over",
        file=f"{_ENGINE}/purchase/admission.py",
        old="        if purchases < limits.RESERVE_LINES_PER_CALL_MAX and "
        "behind < limits.ORDERS_PER_COMMIT_MAX:",
        new="        if not purchases and not behind:",
        tests=(
            f"{_OVERLOAD}"
            "::test_what_fits_into_the_next_call_is_taken_in_however_slow_the_last_one_was",
        ),
    ),
    Fault(
        name="everything that has come is read before any task goes on",
        promise="overload: purchases under way stand still while others are refused",
        file="liveshop/edge/intake.py",
        old="while unread and (count < limits.PACKETS_PER_TURN_MIN or ",
        new="while unread and (True or ",
        tests=(
            f"{_INTAKE}::test_one_turn_reads_a_bounded_number_and_the_next_ones_go_on_in_order",
        ),
    ),
    Fault(
        name="a crowd is read for a slice in each turn, however long the turns are",
        promise="overload: packets wait until nobody can be served in time",
        file="liveshop/edge/intake.py",
        old="self._read_some(min(max(slice_ns, _SLICE_NS), _SLICE_NS_MAX))",
        new="self._read_some(_SLICE_NS)",
        tests=(f"{_INTAKE}::test_while_a_crowd_waits_it_is_read_for_its_part_of_the_time",),
    ),
    Fault(
        name="all that one viewer has sent is read in one turn",
        promise="P7: one that sends megabytes holds the loop",
        file="liveshop/edge/intake.py",
        old="data = os.read(descriptor, limits.READ_BYTES_MAX)",
        new="data = os.read(descriptor, 1 << 24)",
        tests=(f"{_INTAKE}::test_a_connection_is_read_a_bounded_part_at_a_time_behind_all_others",),
    ),
    Fault(
        name="what has filled a read is taken for all there is",
        promise="P6: the end of what a viewer has sent is read when it sends more, or never",
        file="liveshop/edge/intake.py",
        old="            if len(data) == limits.READ_BYTES_MAX:\n",
        new="            if False:\n",
        tests=(f"{_INTAKE}::test_a_connection_is_read_a_bounded_part_at_a_time_behind_all_others",),
    ),
    Fault(
        name="purchases counted by when they are read",
        promise="overload: slow buyers are told that they ask too often, for the node's own delay",
        file="liveshop/edge/gateway.py",
        old="return self.now_ms() - self.engine.node.lateness.waited_ns // _NS_PER_MS",
        new="return self.now_ms()",
        tests=(
            "tests/edge/test_waiting_packets.py"
            "::test_purchases_that_waited_to_be_read_are_counted_by_when_they_came",
        ),
    ),
    Fault(
        name="a purchase dropped however little it has waited",
        promise="a node on which nobody waits is busy as soon as its loop is late",
        file=f"{_ENGINE}/purchase/combiner.py",
        old="return max(patience_ns, _OVERDUE_NS_MIN)",
        new="return patience_ns",
        tests=(f"{_OVERLOAD}::test_an_idle_node_is_not_busy_however_short_a_purchase_may_wait",),
    ),
)
