-- The audit's questions to Postgres, to hold Redis' belief against the answers.

-- name: sessions
-- Read which sessions Redis may sell, and in which epoch. $1 one session, or null for all
SELECT id, stock_epoch FROM session
WHERE NOT settled AND status IN ('live', 'paused', 'ended') AND ($1::text IS NULL OR id = $1)
ORDER BY id

-- name: is_known
-- Return a row if there is a session. $1 session
SELECT FROM session WHERE id = $1

-- name: rows
-- Read the truth about rows. $1 session
SELECT "row", units, sold, version FROM stock WHERE session_id = $1 ORDER BY "row"

-- name: planned
-- Read what the plan is measured by. $1 session
SELECT head_offset, starts_at_ms, hold_ms FROM session WHERE id = $1

-- name: log
-- Read the events that change what is sold, and how, in their order. $1 session, $2 up to this one
SELECT body FROM event
WHERE session_id = $1 AND "offset" <= $2
  AND (type IN ('product.added', 'product.removed', 'product.repriced', 'sale.started',
                'sale.ended') OR type LIKE 'session.%')
ORDER BY "offset"

-- name: counts
-- Read the truth about what buyers bought, a part at a time.
-- $1 session, $2 and $3 after this scope and buyer, $4 how many
SELECT scope, buyer, bought, version FROM buyer_quota
WHERE session_id = $1 AND (scope, buyer) > ($2, $3) ORDER BY scope, buyer LIMIT $4

-- name: known_counts
-- Read which counts there are, of some. $1 session, $2 scopes, $3 buyers
SELECT scope, buyer FROM buyer_quota
WHERE session_id = $1 AND (scope, buyer) IN (SELECT * FROM unnest($2::text[], $3::text[]))

-- name: totals
-- Read the truth about totals. $1 session
SELECT orders, units, revenue FROM session WHERE id = $1

-- name: ordered
-- Read what became of reservations that a session's buyers have ordered. $1 session, $2 rids
SELECT l.rid, o.status, o.buyer FROM order_line AS l JOIN orders AS o ON o.id = l.order_id
WHERE o.session_id = $1 AND l.rid = ANY($2)

-- name: charged
-- Read what became of orders that have taken charges. $1 session, $2 order ids
SELECT id, status, buyer FROM orders WHERE session_id = $1 AND id = ANY($2)
