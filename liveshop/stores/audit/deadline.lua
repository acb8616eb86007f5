-- Give an open reservation that no sweep would find its deadline back; changes nothing else.
-- KEYS    res, due, paying        ARGV    rid
-- Returns 1 if it was missing
local record = redis.call('HGET', KEYS[1], ARGV[1])
local part = '[^\31]*\31'
local state, deadline_ms = string.match(record or '', '^(%a+)\31' .. part:rep(7) .. '(%d+)')
local set = ({held = KEYS[2], paying = KEYS[3]})[state]
if not set or redis.call('ZSCORE', set, ARGV[1]) then
  return 0
end
return redis.call('ZADD', set, deadline_ms, ARGV[1])
