-- Changes to reservations after they are made: paid for, given back, settled, expired.

-- Returns true if a buyer has made a record: a reservation or a take.
local function is_made_by(record, buyer)
  return record and record.buyer == buyer and record.command ~= 'charge'
end

-- Returns true if a record is a reservation that this buyer has made.
local function is_purchase_of(record, buyer)
  return is_made_by(record, buyer) and record.command ~= 'take'
end

-- Returns why these records cannot be paid for in one order, or nil. A `buy` that was only held is
-- an order of its own.
local function pay_refusal(records, order_id, now_ms)
  local refusal
  for _, record in ipairs(records) do
    local given_back = record.state == 'released' or record.state == 'expired'
    local own = record.command == 'buy' and record.rid ~= order_id
    if own or (not given_back and record.order_id ~= '') then
      return {'conflict', record.rid}
    end
    if record.state ~= 'held' or now_ms >= record.deadline_ms then
      refusal = refusal or {'expired', record.rid}
    end
  end
  return refusal
end

-- Returns true if the order has been made from just these rids, false if from others, else nil.
local function same_order(key, batch, records, order_id, rids)
  local stored = redis.call('HGET', key.orders, order_id)
  local all = true
  for _, record in ipairs(records) do
    all = all and record.order_id == order_id
  end
  if all and (not stored or stored == table.concat(rids, SEP)) then
    return true
  end
  -- A `buy` that was only held is ordered under its own rid, and nothing else is.
  local bought = batch.res[order_id]
  local is_own = bought and bought.order_id == '' and rids[1] == order_id and not rids[2]
  if stored or (bought and bought.command == 'buy' and not is_own) then
    return false
  end
end

-- Bring held reservations of one buyer into one order, all or none, and take its charges; what the
-- buyer took of their rows before is spent.
-- ARGV    epoch, buyer, order_id, the rid of its charges, those or empty, then the rids, sorted
--         and each once
-- Returns status, now_ms, and: new or known, then all records, that of the charges last, and what
--         was spent; or
--         not_found|rid, conflict|rid or order_id, expired|rid, charge_limit|row|limit|left,
--         lacks|row|units|left. No deadline changes. An order that is known keeps its charges.
register('pay', function(key, args)
  local status, now_ms = enter(key, args[1])
  if status ~= 'ok' then
    return {status, now_ms}
  end
  local buyer, order_id, charge_rid, rids = args[2], args[3], args[4], slice(args, 6, #args - 5)
  local batch = new_batch(key, now_ms)
  local known = slice(rids, 1, #rids)
  known[#known + 1], known[#known + 2] = order_id, charge_rid
  read_records(batch, known)
  for _, rid in ipairs(rids) do
    if not is_purchase_of(batch.res[rid], buyer) then
      return {status, now_ms, 'not_found' .. SEP .. rid}
    end
  end
  local records = records_of(batch, rids)
  local same = same_order(key, batch, records, order_id, rids)
  if same then
    local charge = batch.res[charge_rid]
    if charge and charge.command == 'charge' then
      records[#records + 1] = charge
    end
    return {status, now_ms, 'known', answers(records), {}}
  end
  local refusal = same == false and {'conflict', order_id} or pay_refusal(records, order_id, now_ms)
  if refusal then
    return {status, now_ms, table.concat(refusal, SEP)}
  end
  local charge = args[5] ~= '' and charge_record(charge_rid, order_id, args[5], records)
  local spent = {}
  if charge then
    refusal, spent = take_charges(batch, charge)
    if refusal then
      return {status, now_ms, table.concat(refusal, SEP)}
    end
  end
  for _, record in ipairs(records) do
    record.order_id = order_id
    move(batch, record, 'paying')
  end
  if charge then
    records[#records + 1] = charge
  end
  write_batch(batch)
  redis.call('HSET', key.orders, order_id, table.concat(rids, SEP))
  return {status, now_ms, 'new', answers(records), answers(spent)}
end, {'allow-oom'})

-- Give a held reservation or take back; with a code it ends as refused.
-- ARGV    epoch, buyer, rid, code or empty
-- Returns status, now_ms, and: new|record, known|record, not_found, conflict|state, expired
register('release', function(key, args)
  local status, now_ms = enter(key, args[1])
  if status ~= 'ok' then
    return {status, now_ms}
  end
  local batch = new_batch(key, now_ms)
  read_records(batch, {args[3]})
  local record = batch.res[args[3]]
  if not is_made_by(record, args[2]) then
    return {status, now_ms, 'not_found'}
  end
  if record.state == 'released' then
    return {status, now_ms, 'known' .. SEP .. answer(record)}
  end
  if record.state == 'paying' or record.state == 'sold' then
    return {status, now_ms, 'conflict' .. SEP .. record.state}
  end
  if record.state ~= 'held' or now_ms >= record.deadline_ms then
    return {status, now_ms, 'expired'}
  end
  read_holds(batch, {record})
  record.code = args[4]
  move(batch, record, args[4] ~= '' and 'refused' or 'released')
  write_batch(batch)
  return {status, now_ms, 'new' .. SEP .. answer(record)}
end, {'allow-oom'})

-- ARGV of outcomes: how many, then rid and record for each.
local function read_outcomes(args, first)
  local outcomes = {}
  for i = 1, tonumber(args[first]) do
    outcomes[i] = decode(args[first + 2 * i - 1], args[first + 2 * i])
  end
  return outcomes, first + 1 + 2 * #outcomes
end

-- Returns true if an outcome says more of a reservation than what is recorded as its end.
local function outdoes(outcome, record)
  if outcome.state ~= 'sold' then
    return false
  end
  return record.state ~= 'sold' or (record.order_id == '' and outcome.order_id ~= '')
end

-- Records what Postgres decided. Another buyer's reservation under the same rid is not the one that
-- is meant. A resolved one stays as it is. But an order in Postgres is sold, in that order and at
-- its price, whatever an old file of Redis' says. Returns true if Redis did not know that it was in
-- an order.
local function apply_outcome(batch, outcome)
  local record = batch.res[outcome.rid] or outcome
  if record.buyer ~= outcome.buyer then
    return false
  end
  if record ~= outcome and not OPEN_SET[record.state] and not outdoes(outcome, record) then
    return false
  end
  local unordered = record == outcome or record.order_id == ''
  if outcome.order_id ~= '' then
    record.order_id = outcome.order_id
  end
  record.code = outcome.code
  move(batch, record, outcome.state)
  if outcome.state == 'sold' then
    -- After the hold was dropped, which was of the rows that the record had.
    record.price, record.sale, record.rows = outcome.price, outcome.sale, nil
    if (outcome.memo or '') ~= (record.memo or '') then
      record.charges, record.memo = record.charges or '', outcome.memo or ''
    end
  end
  return unordered
end

-- Keeps the rids of orders of several reservations, as `pay` does. Where not all of an order are
-- given, they are added to those that are there.
local function keep_orders(key, records, all_given)
  local order_ids, in_order, flat = {}, {}, {}
  for _, record in ipairs(records) do
    local order_id = record.order_id
    if record.command == 'reserve' and order_id ~= '' then
      if not in_order[order_id] then
        in_order[order_id] = {}
        order_ids[#order_ids + 1] = order_id
      end
      in_order[order_id][record.rid] = true
    end
  end
  local known = all_given and {} or read_all(key.orders, order_ids)
  for order_id, rids in pairs(known) do
    for _, rid in ipairs(split(rids)) do
      in_order[order_id][rid] = true
    end
  end
  for _, order_id in ipairs(order_ids) do
    local rids = {}
    for rid in pairs(in_order[order_id]) do
      rids[#rids + 1] = rid
    end
    table.sort(rids)
    flat[#flat + 1] = order_id
    flat[#flat + 1] = table.concat(rids, SEP)
  end
  call_all('HSET', key.orders, flat)
end

-- Records what Postgres decided, and the rids of orders that Redis did not know.
local function apply_outcomes(key, batch, outcomes)
  local learned = {}
  for _, outcome in ipairs(outcomes) do
    if apply_outcome(batch, outcome) and outcome.state == 'sold' then
      learned[#learned + 1] = outcome
    end
  end
  keep_orders(key, learned, false)
end

-- Record the outcomes of reservations, drop their holds, and copy what Postgres changed.
-- ARGV    epoch, outcomes (above), then copies (copies.lua)
-- Returns status
register('settle', function(key, args)
  local status, now_ms = enter(key, args[1])
  if status ~= 'ok' then
    return status
  end
  local outcomes, next_arg = read_outcomes(args, 2)
  local batch, rids = new_batch(key, now_ms), {}
  for i, outcome in ipairs(outcomes) do
    rids[i] = outcome.rid
  end
  read_records(batch, rids)
  read_holds(batch, records_of(batch, rids))
  apply_outcomes(key, batch, outcomes)
  write_batch(batch)
  copy(key, args, next_arg)
  return status
end, {'allow-oom'})

-- Forgets reservations that were resolved long ago; returns how many.
local function trim(key, resolved_ms_max, count_max)
  local rids, records = reached(key.done, resolved_ms_max, count_max), {}
  for rid, packed in pairs(read_all(key.res, rids)) do
    records[#records + 1] = decode(rid, packed)
  end
  forget(key, records)
  call_all('ZREM', key.done, rids)
  return #rids
end

-- Expire overdue held reservations; overdue paying ones are for Postgres to decide.
-- ARGV    epoch, how many of each at most, how long resolved ones are kept
-- Returns status, now_ms, the records that were expired, those overdue and paying, how many
--         resolved ones were forgotten
register('sweep', function(key, args)
  local status, now_ms = enter(key, args[1])
  if status ~= 'ok' then
    return {status, now_ms, {}, {}, 0}
  end
  local batch = new_batch(key, now_ms)
  local due, paying = reached(key.due, now_ms, args[2]), reached(key.paying, now_ms, args[2])
  read_records(batch, due)
  read_records(batch, paying)
  local expired = records_of(batch, due)
  read_holds(batch, expired)
  for _, record in ipairs(expired) do
    move(batch, record, 'expired')
  end
  write_batch(batch)
  local trimmed = trim(key, now_ms - tonumber(args[3]), args[2])
  local overdue = answers(records_of(batch, paying))
  return {status, now_ms, answers(expired), overdue, trimmed}
end, {'allow-oom'})

-- Let a settled session expire: soon the keys that grow with its sales, and later, counted from the
-- last room loaded for it, those for late viewers (gauges, totals, chat). Nothing is swept any
-- longer. Repeated: for what grows, the time that was set first holds.
-- ARGV    epoch, for how long what grows is kept, and all else
-- Returns 'ok', or 'epoch' as ever; a session that Redis has forgotten expires, too
register('retire', function(key, args)
  local status = enter(key, args[1])
  if status == 'epoch' then
    return status
  end
  for _, name in ipairs{
    'plan', 'stock', 'res', 'done', 'orders', 'held', 'bought', 'mine', 'said', 'seen', 'past',
    'void',
  } do
    redis.call('PEXPIRE', key[name], args[2], 'NX')
  end
  for _, name in ipairs{'cfg', 'totals', 'chat', 'mute', 'nodes'} do
    redis.call('PEXPIRE', key[name], args[3])
  end
  return 'ok'
end, {'allow-oom'})

-- Look reservations up.
-- ARGV    rids
-- Returns the records that are there
register('peek', function(key, args)
  local batch = new_batch(key, 0)
  read_records(batch, args)
  return answers(records_of(batch, args))
end, {'no-writes'})

-- Look the open reservations of buyers up, without the charges of their orders.
-- ARGV    buyers
-- Returns the records, those of a buyer together
register('mine', function(key, args)
  local batch = new_batch(key, 0)
  local rids = {}
  for _, listed in pairs(read_all(key.mine, args)) do
    for _, rid in ipairs(split(listed)) do
      rids[#rids + 1] = rid
    end
  end
  read_records(batch, rids)
  local purchases = {}
  for _, record in ipairs(records_of(batch, rids)) do
    if record.command ~= 'charge' then
      purchases[#purchases + 1] = record
    end
  end
  return answers(purchases)
end, {'no-writes'})
