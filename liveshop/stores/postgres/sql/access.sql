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

-- name: shop_of_session
-- Read the shop of a session. $1 session
SELECT shop FROM session WHERE id = $1

-- name: drop_ended
-- Forget some of what ended long ago: every node has heard of it. $1 before this instant, $2 at
-- most so many of each
WITH over AS (SELECT id FROM revocation WHERE ends_ms < $1 LIMIT $2),
     gone AS (DELETE FROM revocation USING over WHERE revocation.id = over.id),
     ended AS (SELECT ctid AS row FROM ban WHERE until_ms < $1 LIMIT $2)
DELETE FROM ban USING ended WHERE ban.ctid = ended.row AND ban.until_ms < $1

-- name: bans_changed
-- Read the bans that changed after a version, up to another; each change has a version of its own.
-- $1 after this version, $2 up to this one, $3 how many
SELECT viewer_id, session_id, shop, role, name, until_ms, version FROM ban
WHERE version > $1 AND version <= $2 ORDER BY version LIMIT $3

-- name: banned_places
-- Find the places that have bans. $1 sessions or '', $2 shops or ''
SELECT held.number
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS held (session_id, shop, number)
CROSS JOIN LATERAL (
    SELECT FROM ban
    WHERE COALESCE(ban.session_id, '') = held.session_id AND COALESCE(ban.shop, '') = held.shop
    LIMIT 1
) AS found
ORDER BY held.number

-- name: bans_of_place
-- Read the bans that hold in a place, by the version of their last change. $1 session or '',
-- $2 shop or '', $3 after this version, $4 now_ms, $5 how many
SELECT viewer_id, role, name, until_ms, version FROM ban
WHERE COALESCE(session_id, '') = $1 AND COALESCE(shop, '') = $2 AND version > $3
  AND (until_ms IS NULL OR until_ms > $4)
ORDER BY version LIMIT $5

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

-- name: revocations_changed
-- Read the revocations made after a version, up to another, that hold; each has a version of its
-- own. $1 after this version, $2 up to this one, $3 ended before this instant, $4 how many
SELECT id, jti, sub, before_ms, session_id, shop, role, by, at_ms, ends_ms, version
FROM revocation
WHERE version > $1 AND version <= $2 AND (ends_ms IS NULL OR ends_ms > $3)
ORDER BY version LIMIT $4

-- name: revocations_page
-- Read revocations that hold, by id, from the one after. $1 after this id, $2 how many, $3 session
-- or NULL for all, $4 shop or NULL for all, $5 ended before this instant
SELECT id, jti, sub, before_ms, session_id, shop, role, by, at_ms, ends_ms
FROM revocation
WHERE id > $1 AND ($3::text IS NULL OR session_id = $3) AND ($4::text IS NULL OR shop = $4)
  AND (ends_ms IS NULL OR ends_ms > $5)
ORDER BY id LIMIT $2
