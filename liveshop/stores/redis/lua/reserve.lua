-- Set units aside for buyers: every line is checked before anything is written, and each key is
-- read and written once for all lines. Lines see those before them, as if called one by one.
local LINE_ARGS = 7

local function read_lines(args, first)
  local lines = {}
  for at = first, #args, LINE_ARGS do
    local line = {
      rid = args[at], buyer = args[at + 1], command = args[at + 2], sku = args[at + 3],
      quantity = tonumber(args[at + 4]), price_seen = tonumber(args[at + 5]),
    }
    if line.command == 'hold' then
      line.command, line.waits = 'buy', true
    end
    read_more(line, args[at + 6])
    lines[#lines + 1] = line
  end
  return lines
end

-- Returns an offer of the plan as of now: inside [starts_at_ms, ends_at_ms) at the sale's price.
local function offer_at(packed, now_ms)
  local part = split(packed)
  local offer = {price = part[1], limit = tonumber(part[2]), sale = ''}
  if part[3] and tonumber(part[5]) <= now_ms and now_ms < tonumber(part[6]) then
    offer.sale, offer.price = part[3], part[4]
    offer.sale_limit, offer.sale_has_units = tonumber(part[7]), part[8] == '1'
  end
  return offer
end

-- Reads the plan once: offset, status, hold_ms, and sku -> offer for the SKUs of the lines.
local function read_plan(key, lines, now_ms)
  local fields = {'offset', 'status', 'hold_ms'}
  for _, line in ipairs(lines) do
    fields[#fields + 1] = 's' .. line.sku
  end
  local found = read_all(key.plan, fields)
  local plan = {
    offset = tonumber(found.offset) or -1, status = found.status,
    hold_ms = tonumber(found.hold_ms), offers = {},
  }
  for _, line in ipairs(lines) do
    local packed = found['s' .. line.sku]
    if packed and not plan.offers[line.sku] then
      plan.offers[line.sku] = offer_at(packed, now_ms)
    end
  end
  return plan
end

-- Returns buyer -> ordered reservations that ended unsold, of those who have any.
local function read_void(key, lines)
  if redis.call('HLEN', key.void) == 0 then
    return {}
  end
  local buyers = {}
  for i, line in ipairs(lines) do
    buyers[i] = line.buyer
  end
  return read_all(key.void, buyers)
end

-- Reads records and holds of the lines and of what is overdue; returns the overdue ones.
local function read_batch(batch, lines, plan, overdue)
  local rids, touched, scopes = slice(overdue, 1, #overdue), {}, {}
  for _, line in ipairs(lines) do
    rids[#rids + 1] = line.rid
    local offer = plan.offers[line.sku]
    if offer then
      line.price, line.sale = offer.price, offer.sale
      touched[#touched + 1] = line
      local rows = rows_of(line)
      for i = 1, #rows, 2 do
        scopes[#scopes + 1] = line.buyer .. SEP .. rows[i]
      end
    end
  end
  read_records(batch, rids)
  local expiring = records_of(batch, overdue)
  for _, record in ipairs(expiring) do
    touched[#touched + 1] = record
  end
  read_holds(batch, touched)
  batch.void = read_void(batch.key, touched)
  read_bought(batch, scopes)
  return expiring
end

-- Returns what one limit refuses, where it leaves less than the refusal so far; else that.
local function tighter(batch, line, name, row, limit, refusal)
  if not limit then
    return refusal
  end
  local left = left_for(batch, line.buyer, row, limit)
  if line.quantity > left and (not refusal or left < refusal[4]) then
    return {'limit', name, limit, left}
  end
  return refusal
end

-- Returns what a buyer's limits refuse: the limit that leaves least, or nil.
local function limit_refusal(batch, line, offer, open_max)
  if #batch.mine[line.buyer] >= open_max then
    return {'limit', 'open', open_max, 0}
  end
  if (tonumber(batch.void[line.buyer]) or 0) >= BUYER_VOID_MAX then
    return {'limit', 'void', BUYER_VOID_MAX, 0}
  end
  local refusal = tighter(batch, line, 'sku', 's' .. line.sku, offer.limit)
  return tighter(batch, line, 'sale', offer.sale, offer.sale_limit, refusal)
end

-- Returns why a line that is not known gets nothing, or nil.
local function refusal_of(batch, line, plan, open_max)
  if plan.status ~= 'live' then
    return {'not_live', plan.status}
  end
  local offer = plan.offers[line.sku]
  if not offer then
    return {'not_found'}
  end
  if line.price_seen and tonumber(offer.price) > line.price_seen then
    return {'price_changed', offer.price}
  end
  local limit = limit_refusal(batch, line, offer, open_max)
  if limit then
    return limit
  end
  local left = free(batch, 's' .. line.sku)
  if offer.sale_has_units then
    left = math.min(left, free(batch, offer.sale))
  end
  if line.quantity > left then
    return {'sold_out', math.max(left, 0)}
  end
  return line.charges and charge_refusal(batch, line) or nil
end

local function same_arguments(record, line)
  return record.buyer == line.buyer and record.command == line.command
    and record.sku == line.sku and record.quantity == line.quantity
end

local function reserve_line(batch, line, plan, open_max)
  local record = batch.res[line.rid]
  if record then
    return same_arguments(record, line) and 'known' .. SEP .. answer(record) or 'conflict'
  end
  -- Only what is reserved is counted: a refusal writes nothing, and costs its connection's rate.
  local paces_of, buyer = batch.pace, line.buyer
  local full_ms = paces_of.new[buyer] or paces_of.old[buyer] or 0
  if full_ms > paces_of.waits_ms then
    return 'rate_limited' .. SEP .. int(math.ceil(full_ms - paces_of.waits_ms))
  end
  local refusal = refusal_of(batch, line, plan, open_max)
  if refusal then
    return table.concat(refusal, SEP)
  end
  local real_ms = paces_of.real_ms
  paces_of.new[buyer] = (full_ms > real_ms and full_ms or real_ms) + PACE_STEP_MS
  local buys = line.command == 'buy' and not line.waits
  line.order_id, line.code = buys and line.rid or '', ''
  line.deadline_ms = batch.now_ms + plan.hold_ms
  move(batch, line, buys and 'paying' or 'held')
  return 'new' .. SEP .. answer(line)
end

-- Reserve lines; overdue held reservations are expired first.
-- ARGV    epoch, offset of the caller's room, how many to expire at most, how many open
--         reservations a buyer may have, then rid, buyer, command, sku, quantity, price seen or
--         empty, charges and memo as a record ends in them or empty, for each line. The command
--         `hold` is a `buy` that is held until `pay` orders it under its rid: it is priced first
-- Returns status (also 'stale': push the projection first), now_ms, one answer for each line,
--         the records that were expired. An answer is new|record, known|record, conflict,
--         rate_limited|ms, not_live|status, not_found, price_changed|price,
--         limit|which|limit|left, sold_out|left, charge_limit|row|limit|left,
--         lacks|row|units|left. Charges and memo do not tell a replay from another purchase
register('reserve', function(key, args)
  local status, now_ms, real_ms = enter(key, args[1])
  if status ~= 'ok' then
    return {status, now_ms, {}, {}}
  end
  local lines = read_lines(args, 5)
  local plan = read_plan(key, lines, now_ms)
  if plan.offset < tonumber(args[2]) then
    return {'stale', now_ms, {}, {}}
  end
  local batch = new_batch(key, now_ms)
  batch.pace = paces(key, real_ms)
  local expired = read_batch(batch, lines, plan, reached(key.due, now_ms, args[3]))
  for _, record in ipairs(expired) do
    move(batch, record, 'expired')
  end
  local replies, open_max = {}, tonumber(args[4])
  for i, line in ipairs(lines) do
    replies[i] = reserve_line(batch, line, plan, open_max)
  end
  write_batch(batch)
  return {status, now_ms, replies, answers(expired)}
end)
