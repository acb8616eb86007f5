-- Begin again from what Postgres has, when Redis may have lost writes: fence, refill, load, keep,
-- then open. Load and keep take a part at a time, so that other sessions need not wait. Nothing is
-- sold meanwhile. If a node does not finish, the next one misses nothing: the open reservations
-- stay listed. docs/rebuild.md argues the steps.

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

-- List open reservations by deadline.
-- ARGV    due or paying, how many to leave out, how many to list
-- Returns how many there were, the records of those that have one
register('survivors', function(key, args)
  local batch, last = new_batch(key, 0), int(args[2] + args[3] - 1)
  local rids = redis.call('ZRANGE', key[args[1]], args[2], last)
  read_records(batch, rids)
  return {#rids, answers(records_of(batch, rids))}
end, {'no-writes'})

-- Returns 'ok' and the time of this call between fence and open of this epoch; 'open' after it.
local function enter_rebuild(key, epoch, now_ms_min)
  local cfg = redis.call('HMGET', key.cfg, 'epoch', 'run_id', 'open', 'hi_ms')
  local own, caller = tonumber(cfg[1]) or -1, tonumber(epoch)
  if own > caller then
    return 'epoch'
  end
  if own < caller or cfg[2] ~= run_id() then
    return 'fenced'
  end
  return cfg[3] == '1' and 'open' or 'ok', math.max(clock(cfg[4]), tonumber(now_ms_min))
end

-- Replace counters by those of Postgres; holds are counted again from here on. A session that was
-- let go as settled, and by an older Postgres is not, stays.
-- ARGV    epoch, now_ms at least, then copies (copies.lua)
-- Returns status ('fenced': fence it first; 'open': this rebuild is finished)
register('refill', function(key, args)
  local status, now_ms = enter_rebuild(key, args[1], args[2])
  if status == 'ok' then
    for _, name in ipairs(KEY_NAMES) do
      redis.call('PERSIST', key[name])
    end
    redis.call('UNLINK', key.stock, key.held, key.mine, key.bought, key.totals, key.plan)
    copy(key, args, 3)
    save_clock(key, now_ms)
  end
  return status
end, {'allow-oom'})

-- Reads what holds of these records touch. A record holds units if its buyer's list has it. The
-- lists began empty: otherwise a reservation of a pending order would be counted by load and again
-- by keep.
local function read_again(batch, records)
  read_holds(batch, records)
  local taken = {}
  for _, rids in pairs(batch.mine) do
    for _, rid in ipairs(rids) do
      taken[rid] = true
    end
  end
  for _, record in ipairs(records) do
    record.holds = taken[record.rid] or false
  end
end

-- Returns row -> true for those that Postgres has; a sale without units of its own caps nothing.
local function capped_rows(batch)
  local fields, capped = {}, {}
  for row in pairs(batch.row) do
    fields[#fields + 1] = row .. SEP .. 'version'
  end
  local versions = read_all(batch.key.stock, fields)
  for row in pairs(batch.row) do
    capped[row] = versions[row .. SEP .. 'version'] ~= nil
  end
  return capped
end

local function fits(batch, capped, record)
  local rows = rows_of(record)
  for i = 1, #rows, 2 do
    local row = rows[i]
    if (row ~= record.sale or capped[row]) and free(batch, row) < rows[i + 1] then
      return false
    end
  end
  return true
end

-- Takes the hold of a survivor again, if it may stay. A paying one stays in any case: if it were
-- dropped, its unit would be offered to others while its COMMIT is under way.
local function keep(batch, capped, record)
  if record.state == 'paying' then
    move(batch, record, 'paying')
  elseif batch.now_ms >= record.deadline_ms then
    move(batch, record, 'expired')
  elseif record.holds or fits(batch, capped, record) then
    move(batch, record, 'held')
  else
    record.code = 'sold_out'
    move(batch, record, 'refused')
  end
end

-- Take the holds of survivors again, those that are due first.
-- ARGV    epoch, now_ms at least, due or paying, how many were kept already, how many now
-- Returns status (as refill), how many there were, how many stay, the records that could not
register('keep', function(key, args)
  local status, now_ms = enter_rebuild(key, args[1], args[2])
  if status ~= 'ok' then
    return {status, 0, 0, {}}
  end
  local batch = new_batch(key, now_ms)
  local rids = redis.call('ZRANGE', key[args[3]], args[4], int(args[4] + args[5] - 1))
  read_records(batch, rids)
  local records, lost, gone = records_of(batch, rids), {}, {}
  for _, rid in ipairs(rids) do
    if not batch.res[rid] then
      lost[#lost + 1] = rid
    end
  end
  call_all('ZREM', key[args[3]], lost)
  read_again(batch, records)
  local capped = capped_rows(batch)
  for _, record in ipairs(records) do
    keep(batch, capped, record)
    if not OPEN_SET[record.state] then
      gone[#gone + 1] = record
    end
  end
  write_batch(batch)
  return {status, #rids, #records - #gone, answers(gone)}
end, {'allow-oom'})

-- Take in what Postgres has decided of reservations, and those of orders that wait for money. Such
-- an order's charges are all in the one record that comes with its lines, those too that a line's
-- own record had before: it is replaced.
-- ARGV    epoch, now_ms at least, outcomes, pending orders' reservations (both as in orders.lua),
--         all of an order in one call
-- Returns status (as refill)
register('load', function(key, args)
  local status, now_ms = enter_rebuild(key, args[1], args[2])
  if status ~= 'ok' then
    return status
  end
  local outcomes, next_arg = read_outcomes(args, 3)
  local pending = read_outcomes(args, next_arg)
  local batch, rids = new_batch(key, now_ms), {}
  for _, records in ipairs{outcomes, pending} do
    for _, record in ipairs(records) do
      rids[#rids + 1] = record.rid
    end
  end
  read_records(batch, rids)
  for _, record in ipairs(pending) do
    local stored = batch.res[record.rid] or {}
    record.stored, record.kept = stored.stored, stored.kept
  end
  local stored = records_of(batch, rids)
  read_again(batch, pending)
  read_again(batch, stored)
  apply_outcomes(key, batch, outcomes)
  for _, record in ipairs(pending) do
    move(batch, record, 'paying')
  end
  keep_orders(key, pending, true)
  write_batch(batch)
  return status
end, {'allow-oom'})

-- Finish a rebuild: sell again.
-- ARGV    epoch
-- Returns status (as refill)
register('open', function(key, args)
  local status = enter_rebuild(key, args[1], 0)
  if status == 'ok' then
    redis.call('HSET', key.cfg, 'open', '1')
  end
  return status
end, {'allow-oom'})
