-- Units of a row that a buyer takes before any order, such as a use of a code; and what is needed
-- to price a cart. A take is held like any reservation: it ends by its deadline, is given back by
-- `release`, and spent by the order that takes of its row (charges.lua). A rebuild keeps it.

-- Returns the record of a take that is not known, or nil and why it is refused.
local function new_take(batch, args, real_ms)
  local rid, buyer, open_max = args[2], args[3], tonumber(args[6])
  local take = {
    rid = rid, buyer = buyer, command = 'take', sku = '', quantity = 0, price = '0', sale = '',
    order_id = '', code = '', charges = args[5], memo = '',
    deadline_ms = batch.now_ms + tonumber(args[4]),
  }
  local paces_of = paces(batch.key, real_ms)
  local full_ms = paces_of.new[buyer] or paces_of.old[buyer] or 0
  if full_ms > paces_of.waits_ms then
    return nil, {'rate_limited', int(math.ceil(full_ms - paces_of.waits_ms))}
  end
  read_holds(batch, {take})
  if #batch.mine[buyer] >= open_max then
    return nil, {'limit', 'open', open_max, 0}
  end
  local rows, scopes = rows_of(take), {}
  for i = 1, #rows, 2 do
    scopes[#scopes + 1] = buyer .. SEP .. rows[i]
  end
  read_bought(batch, scopes)
  local refusal = charge_refusal(batch, take)
  if not refusal then
    paces_of.new[buyer] = (full_ms > real_ms and full_ms or real_ms) + PACE_STEP_MS
  end
  return take, refusal
end

-- Take units of a row for a buyer.
-- ARGV    epoch, rid, buyer, for how long, those units as a charge, how many open reservations a
--         buyer may have
-- Returns status, now_ms, and: new|record, known|record, conflict,
--         rate_limited|ms, limit|which|limit|left, charge_limit|row|limit|left,
--         lacks|row|units|left
register('take', function(key, args)
  local status, now_ms, real_ms = enter(key, args[1])
  if status ~= 'ok' then
    return {status, now_ms}
  end
  local batch = new_batch(key, now_ms)
  read_records(batch, {args[2]})
  local known = batch.res[args[2]]
  if known then
    local same = known.command == 'take' and known.buyer == args[3] and known.charges == args[5]
    return {status, now_ms, same and 'known' .. SEP .. answer(known) or 'conflict'}
  end
  local take, refusal = new_take(batch, args, real_ms)
  if refusal then
    return {status, now_ms, table.concat(refusal, SEP)}
  end
  move(batch, take, 'held')
  write_batch(batch)
  return {status, now_ms, 'new' .. SEP .. answer(take)}
end)

-- Look up what a buyer would order: reservations, own takes, and what rows have left.
-- ARGV    buyer, how many rids, those, then rows
-- Returns the records that are there, the buyer's takes that are held, and for each row: units that
--         the buyer may take, those taken included, and units that count for the buyer's limit, but
--         for those taken
register('cart', function(key, args)
  local count = tonumber(args[2])
  local rids, rows = slice(args, 3, count), slice(args, 3 + count, #args - 2 - count)
  local buyer, scopes, wanted = args[1], {}, {}
  for i, row in ipairs(rows) do
    scopes[i], wanted[row] = buyer .. SEP .. row, true
  end
  local batch = new_batch(key, (clock(redis.call('HGET', key.cfg, 'hi_ms'))))
  local mine = split(redis.call('HGET', key.mine, buyer) or '')
  read_records(batch, rids)
  read_records(batch, mine)
  read_rows(batch, wanted)
  read_bought(batch, scopes)
  local held, taken, takes = read_all(key.held, scopes), {}, {}
  for _, record in ipairs(records_of(batch, mine)) do
    if record.command == 'take' and record.state == 'held'
        and batch.now_ms < record.deadline_ms then
      takes[#takes + 1] = record
      local of_take = rows_of(record)
      for i = 1, #of_take, 2 do
        taken[of_take[i]] = (taken[of_take[i]] or 0) + of_take[i + 1]
      end
    end
  end
  local left = {}
  for i, row in ipairs(rows) do
    local own, counted = taken[row] or 0, tonumber(held[scopes[i]]) or 0
    left[2 * i - 1] = math.max(free(batch, row) + own, 0)
    left[2 * i] = math.max((batch.bought[scopes[i]] or 0) + counted - own, 0)
  end
  return {answers(records_of(batch, rids)), answers(takes), left}
end, {'no-writes'})
