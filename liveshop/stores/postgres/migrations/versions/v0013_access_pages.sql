-- Bans are read by place, and what has ended is found without reading the others.

-- name: ban_by_place
-- A node reads the bans of the sessions that it has loaded, a page at a time.
CREATE INDEX ban_by_place ON ban ((COALESCE(session_id, '')), (COALESCE(shop, '')), version);

-- name: ban_by_end
CREATE INDEX ban_by_end ON ban (until_ms) WHERE until_ms IS NOT NULL;

-- name: revocation_by_end
CREATE INDEX revocation_by_end ON revocation (ends_ms) WHERE ends_ms IS NOT NULL;
