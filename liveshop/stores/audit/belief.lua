-- Read what Redis believes of one session's units, as of one instant; changes nothing.
-- KEYS    cfg, stock, res, due, paying, held, totals, plan
-- Returns nil where Redis does not sell (closed, lost, or another process since the rebuild), else
-- epoch, now_ms, stock, {rid, record, ...} of open reservations, held, totals, plan, by how many
-- milliseconds the session's time is ahead of now_ms
local SLICE = 4000 -- arguments a call, well below what Lua's stack takes

local cfg = redis.call('HMGET', KEYS[1], 'epoch', 'open', 'run_id', 'hi_ms')
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if cfg[2] ~= '1' or cfg[3] ~= run_id then
  return false
end
local open = {}
for _, set in ipairs{KEYS[4], KEYS[5]} do
  local rids = redis.call('ZRANGE', set, 0, -1)
  for first = 1, #rids, SLICE do
    local last = math.min(first + SLICE - 1, #rids)
    local records = redis.call('HMGET', KEYS[3], unpack(rids, first, last))
    for i, record in ipairs(records) do
      open[#open + 1] = rids[first + i - 1]
      open[#open + 1] = record or ''
    end
  end
end
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
return {
  cfg[1],
  string.format('%.0f', now_ms),
  redis.call('HGETALL', KEYS[2]),
  open,
  redis.call('HGETALL', KEYS[6]),
  redis.call('HMGET', KEYS[7], 'orders', 'units', 'revenue'),
  redis.call('HGETALL', KEYS[8]),
  string.format('%.0f', (tonumber(cfg[4]) or 0) - now_ms),
}
