-- What every transaction does that changes the units or orders of a session.

-- name: lock_session
-- Take the lock, before any other. $1 session
SELECT id, status, currency, stock_epoch, head_offset, settled, seq, orders, units, revenue,
       newest_ms
FROM session WHERE id = $1 FOR UPDATE

-- name: session_totals
-- Read what is confirmed so far. $1 session
SELECT seq, orders, units, revenue FROM session WHERE id = $1

-- name: rows_of_orders
-- Read the rows of units that orders charge. $1 session, $2 order ids
SELECT "row", units, sold, version FROM stock
WHERE session_id = $1 AND "row" IN (
    SELECT 's' || sku FROM order_line WHERE order_id = ANY($2)
    UNION SELECT sale FROM order_line WHERE order_id = ANY($2)
)

-- name: bought_of_orders
-- Read what the buyers of orders have bought in the scopes that these charge.
-- $1 session, $2 order ids
SELECT buyer, scope, bought, version FROM buyer_quota
WHERE session_id = $1 AND (scope, buyer) IN (
    SELECT 's' || l.sku, o.buyer FROM order_line AS l JOIN orders AS o ON o.id = l.order_id
    WHERE o.id = ANY($2)
    UNION
    SELECT l.sale, o.buyer FROM order_line AS l JOIN orders AS o ON o.id = l.order_id
    WHERE o.id = ANY($2)
)
