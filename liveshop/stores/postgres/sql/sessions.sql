-- Sessions: their log, their allocations, their epoch.

-- name: create_session
-- Store a new session. No row where the id is taken.
-- $1 id, $2 title, $3 status, $4 starts_at_ms, $5 currency, $6 payment, $7 hold_ms,
-- $8 stream_url, $9 checkout_url, $10 created_ms, $11 shop, $12 cover_url
INSERT INTO session (id, title, status, starts_at_ms, currency, payment, hold_ms, stream_url,
                     checkout_url, created_ms, newest_ms, shop, cover_url)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)
ON CONFLICT (id) DO NOTHING
RETURNING *

-- name: read_session
-- Read a session. $1 id
SELECT * FROM session WHERE id = $1

-- name: page_of_sessions
-- Read sessions, the newest first. $1 before this number, $2 how many, $3 drafts too, $4 their
-- shop, null for all
SELECT * FROM session
WHERE ($1::bigint IS NULL OR number < $1) AND ($3 OR status <> 'draft')
  AND ($4::text IS NULL OR shop = $4)
ORDER BY number DESC LIMIT $2

-- name: move_head
-- Move a session's head on, if it is where the decision was made; this takes the lock.
-- $1 session, $2 expected head, $3 new head, $4 status, $5 at_ms
UPDATE session SET head_offset = $3, status = $4, newest_ms = greatest(newest_ms, $5)
WHERE id = $1 AND head_offset = $2
RETURNING id

-- name: update_session
-- Change what a session says of itself; under the lock that `move_head` takes.
-- $1 session, $2 title, $3 starts_at_ms, $4 stream_url, $5 cover_url
UPDATE session SET title = $2, starts_at_ms = $3, stream_url = $4, cover_url = $5 WHERE id = $1

-- name: insert_events
-- Append events. $1 session, $2 offsets, $3 instants, $4 types, $5 whole messages as JSON
INSERT INTO event (session_id, "offset", at_ms, type, body)
SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::text[], $5::jsonb[])

-- name: lock_variants
-- Lock variants in the order of their SKUs and read what is free of each. $1 SKUs
SELECT sku, stock FROM variant WHERE sku = ANY($1) ORDER BY sku FOR UPDATE

-- name: allocate_units
-- Move units of locked variants to a session; returns the rows as they are then.
-- $1 session, $2 offset of the cause, $3 SKUs, $4 units
WITH move AS MATERIALIZED (
    SELECT * FROM unnest($3::text[], $4::int[]) AS m (sku, n)
), taken AS (
    UPDATE variant AS v SET stock = v.stock - m.n FROM move AS m WHERE v.sku = m.sku
), booked AS (
    INSERT INTO stock_ledger (event_id, sku, delta, reason, session_id)
    SELECT 'allocated:' || $1 || ':' || $2::int || ':' || sku, sku, -n, 'allocated', $1 FROM move
)
INSERT INTO stock AS t (session_id, "row", sku, units)
SELECT $1, 's' || sku, sku, n FROM move
ON CONFLICT (session_id, "row") DO UPDATE
    SET units = t.units + excluded.units, version = t.version + 1
RETURNING "row", units, sold, version

-- name: create_rows
-- Make the rows of sales that have units of their own, and return them.
-- $1 session, $2 rows, $3 units
INSERT INTO stock (session_id, "row", units)
SELECT $1, * FROM unnest($2::text[], $3::int[])
RETURNING "row", units, sold, version

-- name: events_after
-- Read a session's events in order. $1 session, $2 after this offset, $3 how many
SELECT body FROM event WHERE session_id = $1 AND "offset" > $2 ORDER BY "offset" LIMIT $3

-- name: blank_text
-- Take the text of a message out of the events that show it. $1 session, $2 the message
UPDATE event SET body = jsonb_set(body, '{message,text}', '""')
WHERE session_id = $1 AND body #>> '{message,id}' = $2

-- name: heads
-- Read how far sessions are. $1 sessions
SELECT id, head_offset, stock_epoch, settled, seq FROM session WHERE id = ANY($1)

-- name: unsettled
-- Read which sessions were started and still have units of the catalogue.
SELECT id FROM session
WHERE NOT settled AND status IN ('live', 'paused', 'ended') ORDER BY id

-- name: rows
-- Read all rows of units. $1 session
SELECT "row", units, sold, version FROM stock WHERE session_id = $1 ORDER BY "row"

-- name: raise_epoch
-- Raise the epoch if it is the one that was seen; this takes the lock.
-- $1 session, $2 seen epoch, $3 what it becomes at least
UPDATE session SET stock_epoch = greatest(stock_epoch + 1, $3)
WHERE id = $1 AND stock_epoch = $2 RETURNING *

-- name: quotas_after
-- Read what buyers have bought. $1 session, $2 and $3 after this scope and buyer, $4 how many
SELECT buyer, scope, bought, version FROM buyer_quota
WHERE session_id = $1 AND (scope, buyer) > ($2, $3)
ORDER BY scope, buyer LIMIT $4

-- name: has_pending
-- Return a row if an order waits for its money. $1 session
SELECT FROM orders WHERE session_id = $1 AND status = 'pending' LIMIT 1

-- name: return_units
-- Give what was not sold back to the catalogue; to be called under the lock, variants locked too.
-- $1 session
WITH unsold AS MATERIALIZED (
    SELECT sku, units - sold AS n FROM stock
    WHERE session_id = $1 AND sku IS NOT NULL AND units > sold
), given AS (
    UPDATE variant AS v SET stock = v.stock + u.n FROM unsold AS u WHERE v.sku = u.sku
), booked AS (
    INSERT INTO stock_ledger (event_id, sku, delta, reason, session_id)
    SELECT 'returned:' || $1 || ':' || sku, sku, n, 'returned', $1 FROM unsold
), emptied AS (
    UPDATE stock SET units = sold, version = version + 1
    WHERE session_id = $1 AND units > sold
)
UPDATE session SET settled = true WHERE id = $1

-- name: allocated_skus
-- Read the SKUs that a session has units of. $1 session
SELECT sku FROM stock WHERE session_id = $1 AND sku IS NOT NULL AND units > sold
