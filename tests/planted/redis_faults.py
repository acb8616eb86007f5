"""Faults in the Redis functions and in the connection to Redis."""

from typing import Final

from tests.planted.fault import Fault

_LUA: Final = "liveshop/stores/redis/lua"
_TESTS: Final = "tests/stores/redis"

FAULTS: Final = (
    Fault(
        name="units taken before the duplicate check",
        promise="P4: each replay of a rid takes units that never come back",
        file=f"{_LUA}/reserve.lua",
        old="  if record then\n    return same_arguments",
        new="  if record then\n"
        "    if plan.offers[line.sku] then change_hold(batch, line, 1) end\n"
        "    return same_arguments",
        tests=(
            f"{_TESTS}/test_reserve.py"
            "::test_same_rid_gets_the_same_answer_even_after_the_price_has_changed",
        ),
    ),
    Fault(
        name="a replay counted in its buyer's rate",
        promise="P5: a buyer who asks again what became of a rid is not told",
        file=f"{_LUA}/reserve.lua",
        old="  if record then\n    return same_arguments",
        new="  local full_ms = batch.pace.new[line.buyer] or batch.pace.real_ms\n"
        "  batch.pace.new[line.buyer] = full_ms + PACE_STEP_MS\n"
        "  if record then\n    return same_arguments",
        tests=(
            f"{_TESTS}/test_ended.py::test_a_known_rid_is_answered_beyond_the_rate_and_not_counted",
        ),
    ),
    Fault(
        name="a rid that reached `paying` is forgotten with those that did not",
        promise="P5: a rid that expired unpaid is reserved a second time",
        file=f"{_LUA}/records.lua",
        old="  return record.order_id == '' and 'past' or 'void'\n",
        new="  return 'past'\n",
        tests=(
            f"{_TESTS}/test_ended.py"
            "::test_a_rid_that_reached_paying_keeps_its_answer_whatever_follows",
        ),
    ),
    Fault(
        name="a sold rid forgotten by the call that sells it",
        promise="P5: a rid that was sold is unused again",
        file=f"{_LUA}/ended.lua",
        old="    if each.from == 'past' then\n",
        new="    if each.from == 'past' and each.to ~= nil then\n",
        tests=(
            f"{_TESTS}/test_ended.py::test_what_turns_out_to_be_sold_counts_no_longer_and_is_kept",
        ),
    ),
    Fault(
        name="no epoch check",
        promise="P1: a node of before a rebuild goes on selling",
        file=f"{_LUA}/session.lua",
        old="  if own > caller then\n    return 'epoch', now_ms\n  end\n  if own < caller or ",
        new="  if ",
        tests=(f"{_TESTS}/test_rebuild.py::test_callers_of_another_epoch_change_nothing",),
    ),
    Fault(
        name="no run-id check",
        promise="P1: a Redis back from an old file sells units a second time",
        file=f"{_LUA}/session.lua",
        old="cfg[3] ~= '1' or cfg[2] ~= run_id() then",
        new="cfg[3] ~= '1' then",
        tests=(f"{_TESTS}/test_rebuild.py::test_another_process_with_the_old_file_is_noticed",),
    ),
    Fault(
        name="hi_ms ignored",
        promise="P4: a clock that goes back reopens sales and revives holds",
        file=f"{_LUA}/session.lua",
        old="return math.max(real_ms, tonumber(hi_ms) or 0), real_ms",
        new="return real_ms, real_ms",
        tests=(
            f"{_TESTS}/test_rebuild.py::test_clock_goes_on_from_the_newest_instant_in_postgres",
        ),
    ),
    Fault(
        name="expiry by `<=` instead of `<`",
        promise="P4: at its deadline a hold is both paid for and given back",
        file=f"{_LUA}/orders.lua",
        old="now_ms >= record.deadline_ms then\n      refusal",
        new="now_ms > record.deadline_ms then\n      refusal",
        tests=(f"{_TESTS}/test_orders.py::test_checkout_at_the_deadline_is_too_late",),
    ),
    Fault(
        name="a hold ends a millisecond early",
        promise="P4: units held never come back before their deadline",
        file=f"{_LUA}/records.lua",
        old="set, '-inf', int(instant_ms), ",
        new="set, '-inf', int(instant_ms + 1), ",
        tests=(
            f"{_TESTS}/test_reserve.py::test_overdue_holds_are_expired_before_units_are_counted",
            f"{_TESTS}/test_orders.py"
            "::test_sweep_expires_what_is_held_and_only_lists_what_is_paying",
        ),
    ),
    Fault(
        name="the sweep frees `paying`",
        promise="P1, P5: a unit whose order is being committed is sold to someone else",
        file=f"{_LUA}/orders.lua",
        old="  local expired = records_of(batch, due)\n",
        new="  local expired = records_of(batch, due)\n"
        "  for _, record in ipairs(records_of(batch, paying)) do\n"
        "    expired[#expired + 1] = record\n"
        "  end\n",
        tests=(
            f"{_TESTS}/test_orders.py"
            "::test_sweep_expires_what_is_held_and_only_lists_what_is_paying",
        ),
    ),
    Fault(
        name="a copy takes a lower version",
        promise="P1: a late copy makes sold units sellable again",
        file=f"{_LUA}/copies.lua",
        old="if tonumber(version) > (tonumber(versions[field]) or -1) then",
        new="if tonumber(version) ~= tonumber(versions[field]) then",
        tests=(f"{_TESTS}/test_orders.py::test_older_copies_change_nothing",),
    ),
    Fault(
        name="a projection replaced by one of a lower offset",
        promise="P1: a node that is behind reopens a session that has ended",
        file=f"{_LUA}/copies.lua",
        old="if tonumber(args[2]) > (tonumber(redis.call('HGET', key.plan, 'offset')) or -1) then",
        new="if args[2] then",
        tests=(f"{_TESTS}/test_reserve.py::test_projection_of_a_lower_offset_changes_nothing",),
    ),
    Fault(
        name="a projection that is behind is sold by",
        promise="P1: a node that died before telling Redis leaves a closed session selling",
        file=f"{_LUA}/reserve.lua",
        old="if plan.offset < tonumber(args[2]) then",
        new="if plan.offset < 0 then",
        tests=(
            f"{_TESTS}/test_reserve.py"
            "::test_room_that_is_ahead_of_redis_is_told_so_and_nothing_is_reserved",
        ),
    ),
    Fault(
        name="a settle drops the hold without the copy",
        promise="P1: between hold and copy a sold unit is for sale",
        file=f"{_LUA}/orders.lua",
        old="  copy(key, args, next_arg)\n",
        new="",
        tests=(
            f"{_TESTS}/test_orders.py::test_settling_drops_the_hold_and_copies_the_sale_in_one",
        ),
    ),
    Fault(
        name="a rebuild that a full Redis refuses",
        promise="P4: a Redis that has restarted full sells nothing until somebody gives it memory",
        file=f"{_LUA}/rebuild.lua",
        old="    redis.call('HSET', key.cfg, 'open', '1')\n  end\n  return status\n"
        "end, {'allow-oom'})",
        new="    redis.call('HSET', key.cfg, 'open', '1')\n  end\n  return status\nend)",
        tests=(f"{_TESTS}/test_rebuild.py::test_a_full_redis_is_rebuilt_and_keeps_what_is_held",),
    ),
    Fault(
        name="a settle that a full Redis refuses",
        promise="P4: a full Redis cannot be emptied by selling",
        file=f"{_LUA}/orders.lua",
        old="  copy(key, args, next_arg)\n  return status\nend, {'allow-oom'})",
        new="  copy(key, args, next_arg)\n  return status\nend)",
        tests=(f"{_TESTS}/test_link.py::test_full_redis_can_be_emptied_by_selling",),
    ),
    Fault(
        name="a resolved rid is resolved again",
        promise="P5: a rid that was sold turns into expired",
        file=f"{_LUA}/orders.lua",
        old="if record ~= outcome and not OPEN_SET[record.state] and not outdoes",
        new="if record ~= outcome and false and not outdoes",
        tests=(
            f"{_TESTS}/test_orders.py"
            "::test_what_is_resolved_stays_so_but_an_order_in_postgres_is_sold",
        ),
    ),
    Fault(
        name="a sale's end enforced by the timer only",
        promise="P1: a late timer sells at a price that has ended",
        file=f"{_LUA}/reserve.lua",
        old=" and now_ms < tonumber(part[6]) then",
        new=" then",
        tests=(
            f"{_TESTS}/test_reserve.py"
            "::test_sale_price_holds_from_its_start_until_just_before_its_end",
        ),
    ),
    Fault(
        name="a sale's own units not counted",
        promise="P1: more is sold at the sale's price than was set aside for it",
        file=f"{_LUA}/reserve.lua",
        old="if offer.sale_has_units then",
        new="if false then",
        tests=(f"{_TESTS}/test_reserve.py::test_sale_units_cap_all_its_skus_together",),
    ),
    Fault(
        name="no per-buyer sum over a cart",
        promise="P1: a buyer holds more than its limit, one line at a time",
        file=f"{_LUA}/charges.lua",
        old="limit - (batch.bought[scope] or 0) - batch.held[scope]\n",
        new="limit - (batch.bought[scope] or 0)\n",
        tests=(
            f"{_TESTS}/test_reserve.py::test_both_limits_count_what_is_bought_and_what_is_held",
        ),
    ),
    Fault(
        name="a rebuild forgets held reservations",
        promise="P4: carts that survived lose their units to others",
        file=f"{_LUA}/rebuild.lua",
        old="    move(batch, record, 'held')\n",
        new="    record.state = 'held'\n",
        tests=(
            f"{_TESTS}/test_rebuild.py::test_holds_that_no_longer_fit_are_refused_the_newest_first",
        ),
    ),
    Fault(
        name="what is sold does not learn its order",
        promise="P5: a cart that was confirmed is told as expired",
        file=f"{_LUA}/orders.lua",
        old="record.state ~= 'sold' or (record.order_id == '' and outcome.order_id ~= '')",
        new="record.state ~= 'sold'",
        tests=(
            f"{_TESTS}/test_orders.py::test_what_is_sold_without_its_order_learns_it_and_its_rids",
        ),
    ),
    Fault(
        name="the rids of an order that Redis did not know are not kept",
        promise="P5: an order's id is good for a part of its cart",
        file=f"{_LUA}/orders.lua",
        old="  keep_orders(key, learned, false)\n",
        new="",
        tests=(
            f"{_TESTS}/test_orders.py::test_what_is_sold_without_its_order_learns_it_and_its_rids",
        ),
    ),
    Fault(
        name="what is sold keeps the price of a later reservation",
        promise="P2: a replay is told another price than that of the order",
        file=f"{_LUA}/orders.lua",
        old="    record.price, record.sale, record.rows = outcome.price, outcome.sale, nil\n",
        new="",
        tests=(
            f"{_TESTS}/test_orders.py"
            "::test_what_is_sold_has_the_price_of_its_order_and_holds_nothing",
        ),
    ),
    Fault(
        name="retries on in the Redis client",
        promise="P4: what Redis has done without answering is done twice",
        file="liveshop/stores/redis/link.py",
        old="        for call in (*self._sent, *self._waiting):\n"
        "            if not call.reply.done():\n"
        "                call.reply.set_exception("
        "OutcomeUnknown() if call.sent else Unavailable())\n"
        "        self._sent.clear()\n"
        "        self._waiting.clear()\n",
        new="        self._waiting.extendleft(reversed(self._sent))\n"
        "        self._sent.clear()\n"
        "        self._wake.set()\n",
        tests=(f"{_TESTS}/test_link.py::test_what_was_sent_and_not_answered_is_unknown",),
    ),
    Fault(
        name="a time-out taken for a failure",
        promise="P5: a purchase that Redis has carried out is told as refused",
        file="liveshop/stores/redis/link.py",
        old="            raise OutcomeUnknown() from exc",
        new="            raise Unavailable() from exc",
        tests=(f"{_TESTS}/test_link.py::test_time_out_is_unknown_and_drops_the_connection",),
    ),
    Fault(
        name="a hung Redis gets what was given up",
        promise="P5: a purchase whose outcome was told as unknown is carried out much later",
        file="liveshop/stores/redis/opening.py",
        old="    if connection._writer is not None:\n"
        "        connection._writer.transport.abort()\n",
        new="",
        tests=(
            f"{_TESTS}/test_opening.py"
            "::test_a_connection_that_a_server_does_not_read_is_closed_and_no_more_of_it_is_sent",
        ),
    ),
    Fault(
        name="a cancelled connect leaves its socket",
        promise="P8: a node that stops or fails over keeps connections that nobody reads",
        file="liveshop/stores/redis/opening.py",
        old="    except BaseException:\n        await close_connection(connection)\n        raise\n"
        "    return connection\n",
        new="    except BaseException:\n        raise\n    return connection\n",
        tests=(
            f"{_TESTS}/test_opening.py::test_a_connection_whose_opening_is_cancelled_is_closed",
        ),
    ),
    Fault(
        name="a price that moves on without its projection",
        promise="P2: a buyer is told another price than everybody was shown",
        file="liveshop/core/events.py",
        old='    """Shelf prices changed; `prices` has the changed ones."""\n\n    sells = True\n',
        new='    """Shelf prices changed; `prices` has the changed ones."""\n',
        tests=(
            "tests/stores/redis/test_projection.py::"
            "test_events_that_do_not_say_that_they_change_what_is_sold_leave_the_projection",
        ),
    ),
    Fault(
        name="the offset moves on beyond a change that Redis lacks",
        promise="P2: what is sold is sold as it was before the change",
        file=f"{_LUA}/copies.lua",
        old="  if at < tonumber(args[2]) then\n    return 'stale'\n  end\n",
        new="",
        tests=(
            "tests/stores/redis/test_reserve.py::"
            "test_the_offset_stays_while_the_projection_lacks_what_has_changed",
        ),
    ),
    Fault(
        name="charges taken without a look at their rows",
        promise="P12: more carts are told that they have a use than there are uses",
        file=f"{_LUA}/charges.lua",
        old="  local refusal = charge_refusal(batch, charge)\n",
        new="  local refusal\n",
        tests=(
            f"{_TESTS}/test_charges.py"
            "::test_a_checkout_whose_charges_do_not_fit_changes_nothing_and_says_which_row",
        ),
    ),
    Fault(
        name="a sale's row and a charge of it looked at apart",
        promise="P12: a line and its charge together take more than the row has",
        file=f"{_LUA}/charges.lua",
        old="      if rows[i] == row and rows[i + 1] > free(batch, row) then\n",
        new="      if rows[i] == row and tonumber(units) > free(batch, row) then\n",
        tests=(
            f"{_TESTS}/test_charges.py"
            "::test_a_charge_of_the_sales_row_counts_with_the_units_bought_in_it",
        ),
    ),
    Fault(
        name="charges decided before the lines of their order",
        promise="P5: the order is void without its lines, which another order may take",
        file=f"{_LUA}/charges.lua",
        old="deadline_ms = deadline_ms + 1,",
        new="deadline_ms = deadline_ms,",
        tests=(
            f"{_TESTS}/test_charges.py"
            "::test_charges_end_after_the_lines_of_their_order_in_every_sweep",
        ),
    ),
    Fault(
        name="charges taken for a purchase of their buyer",
        promise="P12: whoever knows an order's id gives back what the order goes on with",
        file=f"{_LUA}/orders.lua",
        old="record.buyer == buyer and record.command ~= 'charge'",
        new="record.buyer == buyer",
        tests=(
            f"{_TESTS}/test_charges.py::test_a_buyer_is_not_shown_charges_and_cannot_touch_them",
        ),
    ),
    Fault(
        name="every record written in the newest form",
        promise="P8: in a rolling upgrade the older nodes cannot read a single reservation",
        file=f"{_LUA}/records.lua",
        old="    if record.charges then\n      packed = packed .. SEP .. record.charges .. SEP "
        ".. record.memo\n    end\n",
        new="    packed = packed .. SEP .. (record.charges or '') .. SEP .. (record.memo or '')\n",
        tests=(
            f"{_TESTS}/test_charges.py"
            "::test_a_record_without_charges_and_memo_is_what_an_earlier_release_reads",
        ),
    ),
)
