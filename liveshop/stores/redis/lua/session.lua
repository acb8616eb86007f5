-- The parts that every function shares: the session's keys, its clock, the gate before any change.
--
-- KEYS of every function are all keys of one session, in the order of KEY_NAMES.
-- Fields made of several parts, and records, are joined by U+001F, which ids cannot contain.
-- Numbers go to Redis through int(): without it Lua would write 1000000000000 as 1e+12.
--
--   cfg     HASH   epoch run_id open hi_ms tick, and gauges: likes peak chat_second chat_count
--                  chat_dropped
--   plan    HASH   offset status hold_ms, and s<sku> -> price, limit[, sale, its price,
--                  starts_at_ms, ends_at_ms, limit or empty, 1 if it has units of its own]
--   stock   HASH   <row>|units |sold |version: copies of Postgres; |held: units set aside
--   res     HASH   rid -> record (see records.lua)
--   due     ZSET   held rids by deadline          paying  ZSET   paying rids by deadline
--   done    ZSET   resolved rids by resolved_ms   orders  HASH   order_id -> its rids, sorted
--   held    HASH   buyer|scope -> units           bought  HASH   buyer|scope -> quantity, version
--   mine    HASH   buyer -> its open rids         totals  HASH   orders units revenue version
--   chat    STREAM viewer name at_ms text [role [reply_to]], the role may be empty
--   mute    HASH   viewer -> until_ms, or empty; #viewer -> the role of who muted (see live.lua)
--   nodes   HASH   node -> viewers, reported_ms, its features, joined by commas
--   said    HASH   viewer -> at_ms of its last message in slow mode
--   seen    HLL    who has joined
--   past    HASH   buyer -> its rids that ended and were never ordered (see ended.lua)
--   void    HASH   buyer -> how many of its ordered reservations ended unsold
--
-- A key that no function has: staff, HASH viewer -> the role it last joined with (live.py).
local SEP = '\31'
local SLICE = 4000 -- arguments a call, well below what Lua's stack takes; even, to keep pairs

local KEY_NAMES = {
  'cfg', 'plan', 'stock', 'res', 'due', 'paying', 'done', 'orders',
  'held', 'bought', 'mine', 'totals', 'chat', 'mute', 'nodes', 'said', 'seen',
  'past', 'void',
}

local function register(name, callback, flags)
  redis.register_function{
    function_name = PREFIX .. name,
    callback = function(keys, args)
      local key = {}
      for i, key_name in ipairs(KEY_NAMES) do
        key[key_name] = keys[i]
      end
      return callback(key, args)
    end,
    flags = flags or {},
  }
end

local function int(number)
  return string.format('%.0f', number)
end

local function split(text)
  local parts = {}
  for part in string.gmatch(text .. SEP, '(.-)' .. SEP) do
    parts[#parts + 1] = part
  end
  return parts
end

-- Calls with as many arguments as there are, a slice at a time.
local function call_all(command, key, args)
  for first = 1, #args, SLICE do
    redis.call(command, key, unpack(args, first, math.min(first + SLICE - 1, #args)))
  end
end

local function slice(args, first, count)
  local part = {}
  for i = 1, count do
    part[i] = args[first + i - 1]
  end
  return part
end

-- Returns field -> value of those that are there.
local function read_all(key, fields)
  local found = {}
  for first = 1, #fields, SLICE do
    local last = math.min(first + SLICE - 1, #fields)
    local values = redis.call('HMGET', key, unpack(fields, first, last))
    for i, value in ipairs(values) do
      if value then
        found[fields[first + i - 1]] = value
      end
    end
  end
  return found
end

-- The id of this server process. It costs 5 us, so nothing is kept that might be out of date.
local function run_id()
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end

-- The server's clock, never behind the highest value already used; and as it is.
local function clock(hi_ms)
  local time = redis.call('TIME')
  local real_ms = time[1] * 1000 + math.floor(time[2] / 1000)
  return math.max(real_ms, tonumber(hi_ms) or 0), real_ms
end

local function save_clock(key, now_ms)
  redis.call('HSET', key.cfg, 'hi_ms', int(now_ms))
end

-- Returns whether the session may be changed by a caller of this epoch ('ok', 'fenced' or
-- 'epoch', see UnitsStatus), the time of this call, and the server's own.
local function enter(key, epoch)
  local cfg = redis.call('HMGET', key.cfg, 'epoch', 'run_id', 'open', 'hi_ms')
  local now_ms, real_ms = clock(cfg[4])
  local own, caller = tonumber(cfg[1]) or -1, tonumber(epoch)
  if own > caller then
    return 'epoch', now_ms
  end
  if own < caller or cfg[3] ~= '1' or cfg[2] ~= run_id() then
    return 'fenced', now_ms
  end
  return 'ok', now_ms, real_ms
end
