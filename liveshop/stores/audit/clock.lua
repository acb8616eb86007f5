-- Set a session's time back to Redis' clock, or to the newest instant that Postgres has; open
-- reservations keep the time that is left of them.
-- KEYS    cfg, res, due, paying        ARGV    newest instant of Postgres, how far ahead is normal
-- Returns by how many milliseconds it was set back, 0 if it was near enough
local time = redis.call('TIME')
local now_ms = math.max(time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[1]))
local ahead_ms = (tonumber(redis.call('HGET', KEYS[1], 'hi_ms')) or 0) - now_ms
if ahead_ms <= tonumber(ARGV[2]) then
  return 0
end
local function text(number)
  return string.format('%.0f', number)
end
local head = '^(' .. ('[^\31]*\31'):rep(8) .. ')(%d+)'
for _, set in ipairs{KEYS[3], KEYS[4]} do
  for _, rid in ipairs(redis.call('ZRANGE', set, 0, -1)) do
    local record = redis.call('HGET', KEYS[2], rid)
    local before, deadline_ms = string.match(record or '', head)
    if before then
      local rest = string.sub(record, #before + #deadline_ms + 1)
      local earlier = text(tonumber(deadline_ms) - ahead_ms)
      redis.call('HSET', KEYS[2], rid, before .. earlier .. rest)
      redis.call('ZADD', set, earlier, rid)
    end
  end
end
redis.call('HSET', KEYS[1], 'hi_ms', text(now_ms))
return ahead_ms
