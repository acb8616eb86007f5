-- Copies of the counts of ballots, for the nodes to show. PostgreSQL has them all; nothing is
-- decided here, and all of it may be forgotten.
--
--   {s:<session>}:ballots:<thing>   HASH   epoch, and <choice>|<shard> -> how many
--
-- A count only rises within an epoch of the session, and the higher number wins: copies of several
-- nodes may come in any order. At a higher epoch PostgreSQL may have gone back to an older copy,
-- and the counts begin again.

-- Bring counts of some things, and fetch all that is known of them.
-- KEYS    one for each thing
-- ARGV    epoch, for how long they are kept in ms; for each thing how many counts follow, then
--         field and count for each
-- Returns for each thing field, count …; nothing at a higher epoch than the caller's
redis.register_function(PREFIX .. 'tallies', function(keys, args)
  local epoch, kept_ms, at, replies = tonumber(args[1]), args[2], 3, {}
  for i, key in ipairs(keys) do
    local last = at + 2 * tonumber(args[at])
    local own = tonumber(redis.call('HGET', key, 'epoch')) or -1
    if own < epoch then
      redis.call('DEL', key)
      redis.call('HSET', key, 'epoch', args[1])
    end
    replies[i] = {}
    if own <= epoch then
      for j = at + 1, last, 2 do
        if tonumber(args[j + 1]) > (tonumber(redis.call('HGET', key, args[j])) or -1) then
          redis.call('HSET', key, args[j], args[j + 1])
        end
      end
      redis.call('PEXPIRE', key, kept_ms)
      replies[i] = redis.call('HGETALL', key)
    end
    at = last + 1
  end
  return replies
end)
