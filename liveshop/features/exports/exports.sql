-- Exports: asked for at nodes, made by workers, kept in parts.

-- name: one_at_a_time
-- Wait for others who ask for exports of this shop, so that none is counted too late. $1 the shop,
-- null for those of all
SELECT pg_advisory_xact_lock(1702391919, hashtext(coalesce($1, '')))

-- name: count
-- Count the exports of a shop. $1 the shop, null for those of all
SELECT count(*) AS n FROM export WHERE shop IS NOT DISTINCT FROM $1

-- name: create
-- Ask for an export. $1 id, $2 shop, $3 session, $4 from, $5 to, $6 dataset, $7 format, $8 now_ms,
-- $9 when it is deleted
INSERT INTO export (id, shop, session_id, from_ms, to_ms, dataset, format, state, made_ms,
                    expires_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9)
RETURNING *

-- name: read
-- Read an export. $1 id, $2 the shop that asks, null for one that sees all
SELECT * FROM export WHERE id = $1 AND ($2::text IS NULL OR shop = $2)

-- name: page
-- Read exports, the newest first. $1 the shop that asks, null for one that sees all, $2 before this
-- number, null for all, $3 how many
SELECT * FROM export
WHERE ($1::text IS NULL OR shop = $1) AND ($2::bigint IS NULL OR number < $2)
ORDER BY number DESC LIMIT $3

-- name: part
-- Read a part of a file. $1 export, $2 its number
SELECT body FROM export_part WHERE export_id = $1 AND number = $2

-- name: remove
-- Delete an export with its file. $1 id
DELETE FROM export WHERE id = $1

-- name: give_up
-- Give up what was tried too often: its workers died, or met the same fault each time. $1 now_ms,
-- $2 how often
UPDATE export SET state = 'failed', lease = NULL, done_ms = $1,
                  failure = 'it could not be made: the log of the workers says why'
WHERE state = 'running' AND lease_until_ms <= $1 AND tries >= $2
RETURNING id

-- name: lease
-- Take the oldest export that nobody makes. $1 now_ms, $2 until when, $3 the lease
UPDATE export SET state = 'running', tries = tries + 1, lease = $3, lease_until_ms = $2
WHERE id = (
    SELECT id FROM export
    WHERE state IN ('waiting', 'running') AND lease_until_ms <= $1
    ORDER BY number LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING *

-- name: begin
-- Begin a file, and say how many rows it will have; no row if the lease is lost. $1 export, $2 the
-- lease, $3 how many rows
WITH mine AS (
    UPDATE export SET rows = 0, bytes = 0, rows_expected = $3 WHERE id = $1 AND lease = $2
    RETURNING id
), old AS (
    DELETE FROM export_part WHERE export_id IN (SELECT id FROM mine)
)
SELECT id FROM mine

-- name: hold
-- Lock an export and say how far its file is; no row if the lease is lost. $1 export, $2 the lease,
-- $3 until when, $4 rows, $5 bytes
UPDATE export SET lease_until_ms = $3, rows = $4, bytes = $5 WHERE id = $1 AND lease = $2
RETURNING id

-- name: add_part
-- Keep a part of a file. $1 export, $2 its number, $3 the bytes
INSERT INTO export_part (export_id, number, body) VALUES ($1, $2, $3)

-- name: finish
-- Say that a file is whole. $1 export, $2 the lease, $3 now_ms, $4 its digest
UPDATE export SET state = 'done', lease = NULL, done_ms = $3, sha256 = $4
WHERE id = $1 AND lease = $2
RETURNING id

-- name: refuse
-- Say why a file cannot be made. $1 export, $2 the lease, $3 now_ms, $4 why
UPDATE export SET state = 'failed', lease = NULL, done_ms = $3, failure = $4
WHERE id = $1 AND lease = $2

-- name: hand_back
-- Let another worker make it, at once and as if it had not been tried. $1 export, $2 the lease
UPDATE export SET state = 'waiting', lease = NULL, lease_until_ms = 0, tries = tries - 1
WHERE id = $1 AND lease = $2

-- name: forget
-- Delete exports whose time is over. $1 now_ms, $2 how many
DELETE FROM export WHERE id IN (
    SELECT id FROM export WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2
)
RETURNING id
