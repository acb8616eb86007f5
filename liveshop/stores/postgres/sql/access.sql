-- Banned viewers and revoked tokens.

-- name: version
-- Read how often something was banned, let in or revoked.
SELECT version FROM access

-- name: ban
-- Ban a viewer, in place of an earlier ban in the same place. No row where somebody of a higher
-- role has banned it there.
-- $1 viewer, $2 session or NULL, $3 shop or NULL, $4 role, $5 name or NULL, $6 by, $7 at_ms,
-- $8 until_ms or NULL
WITH turn AS (UPDATE access SET version = version + 1 RETURNING version)
INSERT INTO ban AS known (viewer_id, session_id, shop, role, name, by, at_ms, until_ms, version)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, turn.version FROM turn
ON CONFLICT (viewer_id, (COALESCE(session_id, '')), (COALESCE(shop, ''))) DO UPDATE
SET role = EXCLUDED.role, name = COALESCE(EXCLUDED.name, known.name), by = EXCLUDED.by,
    at_ms = EXCLUDED.at_ms, until_ms = EXCLUDED.until_ms, version = EXCLUDED.version
WHERE known.role <= EXCLUDED.role OR known.until_ms <= EXCLUDED.at_ms
RETURNING viewer_id

-- name: unban
-- Let a viewer in again. No row where no ban holds, or one by a higher role.
-- $1 viewer, $2 session or NULL, $3 shop or NULL, $4 role, $5 now_ms
WITH turn AS (UPDATE access SET version = version + 1 RETURNING version)
UPDATE ban SET until_ms = $5, version = turn.version FROM turn
WHERE viewer_id = $1 AND session_id IS NOT DISTINCT FROM $2 AND shop IS NOT DISTINCT FROM $3
  AND role <= $4 AND (until_ms IS NULL OR until_ms > $5)
RETURNING viewer_id

-- name: drop_ended
-- Forget what ended long ago: every node has heard of it. $1 before this instant
WITH gone AS (DELETE FROM revocation WHERE ends_ms < $1)
DELETE FROM ban WHERE until_ms < $1

-- name: bans_after
-- Read the bans that changed after a version. $1 version
SELECT viewer_id, session_id, shop, role, name, until_ms FROM ban WHERE version > $1

-- name: revoke
-- Store a revocation; one of the same id reaches as much as both. No row where there are as many
-- as may be, in all or of one session or shop: the staff of one must not use up the room of all.
-- $1 id, $2 jti or NULL, $3 sub or NULL, $4 before_ms or NULL, $5 session or NULL, $6 shop or NULL,
-- $7 role, $8 by, $9 at_ms, $10 ends_ms or NULL, $11 at most so many,
-- $12 at most so many of one session or shop
WITH turn AS (UPDATE access SET version = version + 1 RETURNING version)
INSERT INTO revocation AS known
    (id, jti, sub, before_ms, session_id, shop, role, by, at_ms, ends_ms, version)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, turn.version FROM turn
WHERE (SELECT count(*) FROM revocation WHERE id <> $1) < $11
  AND (COALESCE($5, $6) IS NULL OR (
      SELECT count(*) FROM revocation
      WHERE id <> $1 AND session_id IS NOT DISTINCT FROM $5 AND shop IS NOT DISTINCT FROM $6
  ) < $12)
ON CONFLICT (id) DO UPDATE
SET before_ms = greatest(known.before_ms, EXCLUDED.before_ms), by = EXCLUDED.by,
    at_ms = EXCLUDED.at_ms, version = EXCLUDED.version,
    ends_ms = CASE WHEN known.ends_ms IS NULL OR EXCLUDED.ends_ms IS NULL THEN NULL
              ELSE greatest(known.ends_ms, EXCLUDED.ends_ms) END
RETURNING id

-- name: revocations_after
-- Read the revocations made after a version. $1 version
SELECT id, jti, sub, before_ms, session_id, shop, role, by, at_ms, ends_ms
FROM revocation WHERE version > $1

-- name: revocations_page
-- Read revocations that hold, by id, from the one after. $1 after this id, $2 how many, $3 session
-- or NULL for all, $4 shop or NULL for all, $5 ended before this instant
SELECT id, jti, sub, before_ms, session_id, shop, role, by, at_ms, ends_ms
FROM revocation
WHERE id > $1 AND ($3::text IS NULL OR session_id = $3) AND ($4::text IS NULL OR shop = $4)
  AND (ends_ms IS NULL OR ends_ms > $5)
ORDER BY id LIMIT $2
