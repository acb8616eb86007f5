-- The steps of every transaction that changes the units or orders of a session.
--
-- Names that come in an array are looked up one by one, in subqueries that OFFSET 0 keeps whole: a
-- plan that was made while the tables were empty is right for full ones too.

-- name: lock_session
-- Take the lock, before any other. $1 session
SELECT id, status, currency, stock_epoch, head_offset, settled, seq, orders, units, revenue,
       newest_ms
FROM session WHERE id = $1 FOR UPDATE

-- name: session_totals
-- Read what is confirmed so far. $1 session
SELECT seq, orders, units, revenue, stock_epoch, settled FROM session WHERE id = $1

-- name: rows_of_orders
-- Read the rows of units that orders charge. $1 session, $2 order ids
SELECT t."row", t.units, t.sold, t.version
FROM (
    SELECT charged."row"
    FROM unnest($2::text[]) AS o (id)
    CROSS JOIN LATERAL (SELECT * FROM order_line WHERE order_id = o.id OFFSET 0) AS l
    CROSS JOIN LATERAL (VALUES ('s' || l.sku), (l.sale)) AS charged ("row")
    UNION
    SELECT b."row"
    FROM unnest($2::text[]) AS o (id)
    CROSS JOIN LATERAL (SELECT * FROM order_charge WHERE order_id = o.id OFFSET 0) AS b
) AS c CROSS JOIN LATERAL (
    SELECT * FROM stock WHERE session_id = $1 AND "row" = c."row" OFFSET 0
) AS t

-- name: bought_of_orders
-- Read what the buyers of orders have bought in the scopes that these charge.
-- $1 session, $2 order ids
SELECT q.buyer, q.scope, q.bought, q.version
FROM (
    SELECT charged.scope, o.buyer
    FROM unnest($2::text[]) AS n (id)
    CROSS JOIN LATERAL (SELECT * FROM orders WHERE id = n.id OFFSET 0) AS o
    CROSS JOIN LATERAL (SELECT * FROM order_line WHERE order_id = o.id OFFSET 0) AS l
    CROSS JOIN LATERAL (VALUES ('s' || l.sku), (l.sale)) AS charged (scope)
    UNION
    SELECT b."row", o.buyer
    FROM unnest($2::text[]) AS n (id)
    CROSS JOIN LATERAL (SELECT * FROM orders WHERE id = n.id OFFSET 0) AS o
    CROSS JOIN LATERAL (SELECT * FROM order_charge WHERE order_id = o.id OFFSET 0) AS b
) AS c CROSS JOIN LATERAL (
    SELECT * FROM buyer_quota
    WHERE session_id = $1 AND scope = c.scope AND buyer = c.buyer OFFSET 0
) AS q
