-- Chat, mutes and gauges. None of it needs the session to be open: chat goes on in a rebuild.

-- Returns the sum of all nodes' viewers, how many nodes there are, and what features each has;
-- forgets the silent ones.
local function count_viewers(key, now_ms, silent_ms_max)
  local flat, gone = redis.call('HGETALL', key.nodes), {}
  local viewers, nodes, features = 0, 0, {}
  for i = 1, #flat, 2 do
    local part = split(flat[i + 1])
    if now_ms - tonumber(part[2]) > silent_ms_max then
      gone[#gone + 1] = flat[i]
    else
      viewers, nodes = viewers + tonumber(part[1]), nodes + 1
      features[nodes] = part[3] or '' -- of an older release: none
    end
  end
  call_all('HDEL', key.nodes, gone)
  return viewers, nodes, features
end

-- Raises the likes and the peak to what has been seen, and adds; returns both.
local function raise_gauges(key, viewers, added, likes_seen, peak_seen)
  local cfg = redis.call('HMGET', key.cfg, 'likes', 'peak')
  local likes = math.max(tonumber(cfg[1]) or 0, tonumber(likes_seen)) + tonumber(added)
  local peak = math.max(tonumber(cfg[2]) or 0, tonumber(peak_seen), viewers)
  redis.call('HSET', key.cfg, 'likes', int(likes), 'peak', int(peak))
  return likes, peak
end

-- Messages of the tail after an id, or all: id, viewer, name, at_ms, text for each, then the role
-- of the staff, and the id of the message that it answers.
local function chat_after(key, id, count_max)
  local messages = {}
  local first = id == '' and '-' or '(' .. id
  for _, entry in ipairs(redis.call('XRANGE', key.chat, first, '+', 'COUNT', count_max)) do
    local field = entry[2]
    messages[#messages + 1] = {
      entry[1], field[2], field[4], field[6], field[8], field[10], field[12],
    }
  end
  return messages
end

-- Report a node's gauges and fetch the session's.
-- ARGV    epoch, node, its viewers, likes added, likes seen, peak seen, tick seen, chat id seen,
--         chat messages at most, for how long a silent node counts, the node's features, then rids
-- Returns status, now_ms, epoch, offset of the plan, viewers, nodes, their features, likes, peak,
--         tick,
--         the stock as field, value … (nil if tick was seen or status is not 'ok'),
--         orders, units, revenue and version so far, chat messages, chat dropped, records
register('pulse', function(key, args)
  local status, now_ms = enter(key, args[1])
  redis.call('HSET', key.nodes, args[2], args[3] .. SEP .. int(now_ms) .. SEP .. args[11])
  local viewers, nodes, features = count_viewers(key, now_ms, tonumber(args[10]))
  local likes, peak = raise_gauges(key, viewers, args[4], args[5], args[6])
  save_clock(key, now_ms)
  local cfg = redis.call('HMGET', key.cfg, 'epoch', 'tick', 'chat_dropped')
  local tick = (cfg[1] or '') .. '.' .. (cfg[2] or '')
  local rows
  if status == 'ok' and tick ~= args[7] then
    rows = redis.call('HGETALL', key.stock)
  end
  local batch, rids = new_batch(key, now_ms), slice(args, 12, #args - 11)
  read_records(batch, rids)
  return {
    status, now_ms, tonumber(cfg[1]) or 0, tonumber(redis.call('HGET', key.plan, 'offset')) or 0,
    viewers, nodes, features, likes, peak, tick, rows or false,
    redis.call('HMGET', key.totals, 'orders', 'units', 'revenue', 'version'),
    chat_after(key, args[8], args[9]), tonumber(cfg[3]) or 0, answers(records_of(batch, rids)),
  }
end, {'allow-oom'})

-- Returns true if one more message fits into this second, and counts it.
local function fits_second(key, now_ms, per_second_max)
  local second = int(math.floor(now_ms / 1000))
  local cfg = redis.call('HMGET', key.cfg, 'chat_second', 'chat_count')
  local count = cfg[1] == second and tonumber(cfg[2]) or 0
  if count >= tonumber(per_second_max) then
    redis.call('HINCRBY', key.cfg, 'chat_dropped', 1)
    return false
  end
  redis.call('HSET', key.cfg, 'chat_second', second, 'chat_count', int(count + 1))
  return true
end

local RANKS = {moderator = 2, host = 3, admin = 4}

-- A mute reaches lower roles than its own: one made before the host joined would hide the host. The
-- role is in a field of its own, since a node of an earlier release reads the other; without it, it
-- was a moderator's or a host's, and holds for those below a host.
local function is_muted(key, viewer, now_ms, role)
  local until_ms, by = unpack(redis.call('HMGET', key.mute, viewer, '#' .. viewer))
  local holds = until_ms and (until_ms == '' or now_ms < tonumber(until_ms))
  return holds and (RANKS[role] or 1) < (tonumber(by) or RANKS.host)
end

-- In slow mode, returns for how long a viewer has to be silent still, and notes that it speaks.
local function silence(key, viewer, now_ms, interval_ms)
  if interval_ms == 0 then
    return 0
  end
  local rest_ms = (tonumber(redis.call('HGET', key.said, viewer)) or 0) + interval_ms - now_ms
  if rest_ms <= 0 then
    redis.call('HSET', key.said, viewer, int(now_ms))
  end
  return math.max(0, rest_ms)
end

-- A viewer's share of the messages of a session, through whatever connections and nodes: as long as
-- it has spoken too much, nothing of it is taken. The share is at least one message in SPOKEN_MS.
local SPOKEN_MS = 5000
local spoken_of = new_pace(SPOKEN_MS)

-- Returns for how long a viewer has to wait for its share, and counts what it says now.
local function wait_for_share(key, viewer, real_ms, step_ms, burst)
  if step_ms == 0 then
    return 0
  end
  local new, old = spoken_of(key.cfg, real_ms)
  local even_ms = math.max(new[viewer] or old[viewer] or 0, real_ms)
  local wait_ms = math.ceil(even_ms + step_ms - burst * step_ms - real_ms)
  if wait_ms <= 0 then
    new[viewer] = even_ms + step_ms
  end
  return math.max(0, wait_ms)
end

-- Say something in the chat. A message that only its sender may see is given an id like any
-- other, and taken out again at once.
-- ARGV    viewer, name, text, messages a second at most, length of the tail, how long a viewer
--         waits between two messages, its role or empty, for how long a message of its share counts
--         or 0, how many it may say at once, the id of the message that it answers or empty
-- Returns 'sent', 'dropped' or 'muted', id, at_ms; or 'slow', '', for how long to wait
register('say', function(key, args)
  local now_ms, real_ms = clock(redis.call('HGET', key.cfg, 'hi_ms'))
  local rest_ms = wait_for_share(key, args[1], real_ms, tonumber(args[8]), tonumber(args[9]))
  if rest_ms == 0 then
    rest_ms = silence(key, args[1], now_ms, tonumber(args[6]))
  end
  if rest_ms > 0 then
    return {'slow', '', rest_ms}
  end
  local outcome = 'sent'
  if is_muted(key, args[1], now_ms, args[7]) then
    outcome = 'muted'
  elseif not fits_second(key, now_ms, args[4]) then
    outcome = 'dropped'
  end
  local fields = {'viewer', args[1], 'name', args[2], 'at_ms', int(now_ms), 'text', args[3]}
  if args[7] ~= '' then
    fields[9], fields[10] = 'role', args[7]
  end
  if args[10] ~= '' then
    -- After a role, if it is empty too: a node of the release before reads them by their places.
    fields[9], fields[10], fields[11], fields[12] = 'role', args[7], 'reply_to', args[10]
  end
  local id = redis.call('XADD', key.chat, '*', unpack(fields))
  if outcome == 'sent' then
    redis.call('XTRIM', key.chat, 'MAXLEN', args[5])
  else
    redis.call('XDEL', key.chat, id)
  end
  save_clock(key, now_ms)
  return {outcome, id, now_ms}
end)

-- Returns the role that made the mute of a viewer, 0 if it is over or its role is not known, and
-- nothing where there is none.
local function muted_by(key, viewer, now_ms)
  local until_ms, by = unpack(redis.call('HMGET', key.mute, viewer, '#' .. viewer))
  if not until_ms then
    return nil
  end
  local holds = until_ms == '' or now_ms < tonumber(until_ms)
  return holds and tonumber(by) or 0
end

-- Mute a viewer, in place of an earlier mute.
-- ARGV    viewer, for how long, or empty for the session, the role of who mutes: 1 viewer to 4
--         admin, nothing from nodes of an earlier release
-- Returns until_ms, or nil; less than 0 where a higher role has muted it
register('mute', function(key, args)
  local now_ms = clock(redis.call('HGET', key.cfg, 'hi_ms'))
  local by = muted_by(key, args[1], now_ms) or 0
  if by > (tonumber(args[3]) or by) then
    return -by
  end
  local until_ms = args[2] ~= '' and now_ms + tonumber(args[2])
  redis.call('HSET', key.mute, args[1], until_ms and int(until_ms) or '', '#' .. args[1],
    args[3] or '')
  save_clock(key, now_ms)
  return until_ms or false
end)

-- Let a muted viewer be heard again.
-- ARGV    viewer, the role of who lets
-- Returns 1, 0 where it is not muted, or less than 0 where a higher role has muted it: minus that
register('unmute', function(key, args)
  local now_ms = clock(redis.call('HGET', key.cfg, 'hi_ms'))
  local by = muted_by(key, args[1], now_ms)
  if by and by > tonumber(args[2]) then
    return -by
  end
  redis.call('HDEL', key.mute, args[1], '#' .. args[1])
  return by and 1 or 0
end)
