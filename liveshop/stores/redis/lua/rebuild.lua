-- Begin again from what Postgres has, when Redis may have lost writes: fence, then load.

-- Close the session under a new epoch.
-- ARGV    epoch
-- Returns 'ok', or 'epoch' if a later rebuild was first. Repeated after its load: changes nothing
register('fence', function(key, args)
  local cfg = redis.call('HMGET', key.cfg, 'epoch', 'run_id', 'open')
  local own, epoch = tonumber(cfg[1]) or -1, tonumber(args[1])
  if own > epoch then
    return 'epoch'
  end
  if not (own == epoch and cfg[2] == run_id() and cfg[3] == '1') then
    redis.call('HSET', key.cfg, 'epoch', args[1], 'run_id', run_id(), 'open', '0')
  end
  return 'ok'
end, {'allow-oom'})

-- Returns the records that are open, by deadline: the paying ones, and the held ones.
local function read_open(batch)
  local paying = redis.call('ZRANGE', batch.key.paying, 0, -1)
  local held = redis.call('ZRANGE', batch.key.due, 0, -1)
  read_records(batch, paying)
  read_records(batch, held)
  return records_of(batch, paying), records_of(batch, held)
end

-- List all open reservations.
-- Returns the records
register('survivors', function(key)
  local paying, held = read_open(new_batch(key, 0))
  for _, record in ipairs(held) do
    paying[#paying + 1] = record
  end
  return answers(paying)
end, {'no-writes'})

-- Tells whether the rows have room; a sale without units of its own has no row and caps nothing.
local function fits(batch, record)
  for i, row in ipairs(rows_of(record)) do
    if (i == 1 or batch.capped[row]) and free(batch, row) < record.quantity then
      return false
    end
  end
  return true
end

-- Returns row -> true for the rows among the copies that begin at args[first].
local function capped_rows(args, first)
  local rows = {}
  for i = 0, tonumber(args[first]) - 1 do
    rows[args[first + 1 + 4 * i]] = true
  end
  return rows
end

-- Takes the holds of all survivors anew; returns those that could not stay.
-- Paying ones stay in any case: whether they were sold is for Postgres to say.
local function take_again(batch, paying, held)
  local resolved = {}
  for _, record in ipairs(paying) do
    if not batch.changed[record.rid] then
      move(batch, record, 'paying')
    end
  end
  for _, record in ipairs(held) do
    if batch.changed[record.rid] then
      -- Postgres knew better.
    elseif batch.now_ms >= record.deadline_ms then
      move(batch, record, 'expired')
      resolved[#resolved + 1] = record
    elseif fits(batch, record) then
      move(batch, record, 'held')
    else
      record.code = 'sold_out'
      move(batch, record, 'refused')
      resolved[#resolved + 1] = record
    end
  end
  return resolved
end

-- The rids of each order of several reservations, as `pay` keeps them.
local function keep_orders(key, pending)
  local rids, flat = {}, {}
  for _, record in ipairs(pending) do
    if record.command == 'reserve' then
      rids[record.order_id] = rids[record.order_id] or {}
      table.insert(rids[record.order_id], record.rid)
    end
  end
  for order_id, of_order in pairs(rids) do
    table.sort(of_order)
    flat[#flat + 1] = order_id
    flat[#flat + 1] = table.concat(of_order, SEP)
  end
  call_all('HSET', key.orders, flat)
end

-- Returns the records with their holds taken away, to be taken again where they may stay.
local function without_holds(...)
  local all = {}
  for _, records in ipairs{...} do
    for _, record in ipairs(records) do
      record.holds = false
      all[#all + 1] = record
    end
  end
  return all
end

local function rids_of(...)
  local rids = {}
  for _, records in ipairs{...} do
    for _, record in ipairs(records) do
      rids[#rids + 1] = record.rid
    end
  end
  return rids
end

-- Replaces what Redis has by what Postgres has; returns the records that could not stay.
local function load(key, args, now_ms)
  local pending, next_arg = read_outcomes(args, 3)
  local outcomes, copies = read_outcomes(args, next_arg)
  local batch = new_batch(key, now_ms)
  read_records(batch, rids_of(pending, outcomes))
  local paying, held = read_open(batch)
  redis.call(
    'DEL', key.stock, key.held, key.mine, key.due, key.paying, key.bought, key.totals, key.plan
  )
  copy(key, args, copies)
  batch.capped = capped_rows(args, copies)
  read_holds(batch, without_holds(paying, held, pending))
  for _, outcome in ipairs(outcomes) do
    apply_outcome(batch, outcome)
  end
  for _, record in ipairs(pending) do
    record.stored = batch.res[record.rid] and batch.res[record.rid].stored
    move(batch, record, 'paying')
  end
  local resolved = take_again(batch, paying, held)
  keep_orders(key, pending)
  write_batch(batch)
  return resolved
end

-- Finish a rebuild and open the session.
-- ARGV    epoch, now_ms at least, pending orders' reservations and outcomes (both as outcomes in
--         orders.lua), then copies (copies.lua)
-- Returns status ('fenced': fence it first), the records that could not stay. Repeated: 'ok'
register('load', function(key, args)
  local cfg = redis.call('HMGET', key.cfg, 'epoch', 'run_id', 'open', 'hi_ms')
  local own, epoch = tonumber(cfg[1]) or -1, tonumber(args[1])
  if own > epoch then
    return {'epoch', {}}
  end
  if own < epoch or cfg[2] ~= run_id() then
    return {'fenced', {}}
  end
  if cfg[3] == '1' then
    return {'ok', {}}
  end
  local resolved = load(key, args, math.max(clock(cfg[4]), tonumber(args[2])))
  redis.call('HSET', key.cfg, 'open', '1')
  return {'ok', answers(resolved)}
end, {'allow-oom'})
