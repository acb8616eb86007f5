-- How often a buyer may reserve in a session, through whatever connections and nodes.
--
-- A buyer's entry is the instant by which it has earned back everything it took (GCRA). Entries are
-- in this process' memory and in no key. In a key, each purchase would cost a read and a write, and
-- entries of buyers who never come back would have to be cleaned up. A restart or a failover costs
-- one more burst. The clock is the server's own and not the session's, which stands still after a
-- jump: buyers would get one burst until it went on.
--
-- An entry is without effect once its instant is past, at most PACE_MS after it was written.
-- Therefore two generations of PACE_MS suffice: older entries are dropped with their whole table.
local PACE_STEP_MS = 1000 / BUYER_RATE
local PACE_MS = PACE_STEP_MS * BUYER_BURST

-- Returns a function that, of a session, returns entries to read and write, and others to read; an
-- entry is there for `kept_ms` at least.
local function new_pace(kept_ms)
  local pace = {new = {}, old = {}, since_ms = 0}
  return function(session, real_ms)
    if real_ms >= pace.since_ms + kept_ms or real_ms < pace.since_ms then
      -- A clock that went back would lock buyers out until it came up to their entries.
      local stays = real_ms >= pace.since_ms and real_ms < pace.since_ms + 2 * kept_ms
      pace.old, pace.new, pace.since_ms = stays and pace.new or {}, {}, real_ms
    end
    pace.new[session] = pace.new[session] or {}
    return pace.new[session], pace.old[session] or {}
  end
end

local paces_of = new_pace(PACE_MS)

-- Returns the paces of a session's buyers: `new` to read and write, `old` to read, the time, and
-- from which entry on a buyer has to wait.
local function paces(key, real_ms)
  local new, old = paces_of(key.cfg, real_ms)
  return {new = new, old = old, real_ms = real_ms, waits_ms = real_ms + PACE_MS - PACE_STEP_MS}
end
