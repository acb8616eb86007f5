-- Copies of what Postgres says: the higher version wins, so that a lost, late or repeated one
-- changes nothing.
--
-- ARGV of copies: rows, then row, units, sold, version for each; buyer counts, then buyer, scope,
-- quantity, version for each; totals: 0, or 1 and orders, units, revenue, version.
local function copy_rows(key, args, first, count)
  local fields, changed = {}, {}
  for i = 0, count - 1 do
    fields[#fields + 1] = args[first + 4 * i] .. SEP .. 'version'
  end
  local versions = read_all(key.stock, fields)
  for i = 0, count - 1 do
    local at = first + 4 * i
    local row, version = args[at], args[at + 3]
    local field = row .. SEP .. 'version'
    if tonumber(version) > (tonumber(versions[field]) or -1) then
      versions[field] = version
      for offset, name in ipairs{'units', 'sold', 'version'} do
        changed[#changed + 1] = row .. SEP .. name
        changed[#changed + 1] = args[at + offset]
      end
    end
  end
  call_all('HSET', key.stock, changed)
  if changed[1] then
    redis.call('HINCRBY', key.cfg, 'tick', 1)
  end
end

local function copy_bought(key, args, first, count)
  local fields, changed = {}, {}
  for i = 0, count - 1 do
    fields[#fields + 1] = args[first + 4 * i] .. SEP .. args[first + 4 * i + 1]
  end
  local stored = read_all(key.bought, fields)
  for i = 0, count - 1 do
    local field, quantity, version = fields[i + 1], args[first + 4 * i + 2], args[first + 4 * i + 3]
    local known = stored[field] and split(stored[field])[2]
    if tonumber(version) > (tonumber(known) or -1) then
      stored[field] = quantity .. SEP .. version
      changed[#changed + 1] = field
      changed[#changed + 1] = stored[field]
    end
  end
  call_all('HSET', key.bought, changed)
end

local function copy_totals(key, args, first)
  local known = tonumber(redis.call('HGET', key.totals, 'version')) or -1
  if tonumber(args[first + 3]) > known then
    redis.call(
      'HSET', key.totals, 'orders', args[first], 'units', args[first + 1],
      'revenue', args[first + 2], 'version', args[first + 3]
    )
  end
end

-- Carries out the copies that begin at args[first].
local function copy(key, args, first)
  local rows = tonumber(args[first])
  copy_rows(key, args, first + 1, rows)
  first = first + 1 + 4 * rows
  local counts = tonumber(args[first])
  copy_bought(key, args, first + 1, counts)
  first = first + 1 + 4 * counts
  if args[first] == '1' then
    copy_totals(key, args, first + 1)
  end
end

-- Copy rows, buyer counts and totals.
-- ARGV    epoch, then copies (above)
-- Returns status
register('copy', function(key, args)
  local status = enter(key, args[1])
  if status == 'ok' then
    copy(key, args, 2)
  end
  return status
end, {'allow-oom'})

-- Move the projection's offset on, since no event after another offset changes what is sold.
-- ARGV    epoch, offset of the newest event that changes what is sold, offset of the newest event
-- Returns status; 'stale' where the projection lacks the former: push it whole
register('move', function(key, args)
  local status, now_ms = enter(key, args[1])
  if status ~= 'ok' then
    return status
  end
  local at = tonumber(redis.call('HGET', key.plan, 'offset')) or -1
  if at < tonumber(args[2]) then
    return 'stale'
  end
  if at < tonumber(args[3]) then
    redis.call('HSET', key.plan, 'offset', args[3])
  end
  save_clock(key, now_ms)
  return status
end, {'allow-oom'})

-- Replace the projection by a newer one, and copy rows.
-- ARGV    epoch, offset, count of fields and values, those, then copies (above)
-- Returns status; 'ok' also where a newer projection is there already
register('push', function(key, args)
  local status, now_ms = enter(key, args[1])
  if status ~= 'ok' then
    return status
  end
  local count = tonumber(args[3])
  if tonumber(args[2]) > (tonumber(redis.call('HGET', key.plan, 'offset')) or -1) then
    redis.call('DEL', key.plan)
    call_all('HSET', key.plan, slice(args, 4, count))
  end
  copy(key, args, 4 + count)
  save_clock(key, now_ms)
  return status
end, {'allow-oom'})
