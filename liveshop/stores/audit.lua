-- Read what Redis believes of one session's units, as of one instant; changes nothing.
-- KEYS    cfg, stock, res, due, paying, held, bought, totals
-- Returns nil where Redis does not sell (closed, lost, or another process since the rebuild), else
-- epoch, now_ms, stock, {rid, record, ...} of open reservations, held, bought, totals
local cfg = redis.call('HMGET', KEYS[1], 'epoch', 'open', 'run_id')
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if cfg[2] ~= '1' or cfg[3] ~= run_id then
  return false
end
local open = {}
for _, set in ipairs{KEYS[4], KEYS[5]} do
  for _, rid in ipairs(redis.call('ZRANGE', set, 0, -1)) do
    open[#open + 1] = rid
    open[#open + 1] = redis.call('HGET', KEYS[3], rid) or ''
  end
end
local time = redis.call('TIME')
return {
  cfg[1],
  string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)),
  redis.call('HGETALL', KEYS[2]),
  open,
  redis.call('HGETALL', KEYS[6]),
  redis.call('HGETALL', KEYS[7]),
  redis.call('HMGET', KEYS[8], 'orders', 'units', 'revenue'),
}
