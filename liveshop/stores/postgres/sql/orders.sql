-- Orders that exist: their reading, and their way back. A line that a node of an earlier release
-- has written has no final: it is price * qty.

-- name: order_with_lines
-- Read an order, a row for each line; one that was void from the start has none, but one row.
-- $1 order id
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
WHERE o.id = $1
ORDER BY l.rid

-- name: orders_with_lines
-- Read orders, a row for each line. $1 order ids
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM unnest($1::text[]) AS n (id)
CROSS JOIN LATERAL (SELECT * FROM orders WHERE id = n.id OFFSET 0) AS o
LEFT JOIN LATERAL (SELECT * FROM order_line WHERE order_id = o.id OFFSET 0) AS l ON true
ORDER BY o.id, l.rid

-- name: pending_orders
-- Read a session's orders that wait for their money, a row for each line. $1 session
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
WHERE o.session_id = $1 AND o.status = 'pending'
ORDER BY o.seq, l.rid

-- name: page_of_session
-- Read a session's orders in the order of their last change, a row for each line; those that were
-- void from the start were never an order to anyone. $1 session, $2 after this seq, $3 how many
WITH page AS (
    SELECT * FROM orders
    WHERE session_id = $1 AND seq > $2 AND args_hash IS NOT NULL
    ORDER BY seq LIMIT $3
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o LEFT JOIN order_line AS l ON l.order_id = o.id
ORDER BY o.seq, l.rid

-- name: page_of_buyer
-- The same of one buyer. $1 session, $2 after this seq, $3 how many, $4 buyer
WITH page AS (
    SELECT * FROM orders
    WHERE session_id = $1 AND seq > $2 AND args_hash IS NOT NULL AND buyer = $4
    ORDER BY seq LIMIT $3
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o LEFT JOIN order_line AS l ON l.order_id = o.id
ORDER BY o.seq, l.rid

-- name: cancelled_since
-- Read the newest orders cancelled after a change, a row for each line.
-- $1 session, $2 seq of the change, $3 how many
WITH page AS (
    SELECT * FROM orders
    WHERE session_id = $1 AND seq > $2 AND status = 'cancelled'
    ORDER BY seq DESC LIMIT $3
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o LEFT JOIN order_line AS l ON l.order_id = o.id
ORDER BY o.seq DESC, l.rid

-- name: newest_of_buyer
-- Read a buyer's newest orders, a row for each line. $1 session, $2 buyer, $3 how many
WITH page AS (
    SELECT * FROM orders
    WHERE session_id = $1 AND buyer = $2 AND args_hash IS NOT NULL
    ORDER BY seq DESC LIMIT $3
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o LEFT JOIN order_line AS l ON l.order_id = o.id
ORDER BY o.seq DESC, l.rid

-- name: newest_everywhere
-- Read the newest orders of the newest sessions, a row for each line. The index of each session's
-- orders is read from its end; there are few sessions to an order. $1 how many, $2 the sessions'
-- shop, null for all
WITH page AS (
    SELECT o.*, s.number
    FROM session AS s CROSS JOIN LATERAL (
        SELECT * FROM orders WHERE session_id = s.id AND args_hash IS NOT NULL
        ORDER BY seq DESC LIMIT $1
    ) AS o
    WHERE $2::text IS NULL OR s.shop = $2
    ORDER BY s.number DESC, o.seq DESC LIMIT $1
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o LEFT JOIN order_line AS l ON l.order_id = o.id
ORDER BY o.number DESC, o.seq DESC, l.rid

-- name: newest_of_buyer_everywhere
-- The same of one buyer. $1 how many, $2 buyer, $3 the sessions' shop
WITH page AS (
    SELECT o.*, s.number
    FROM session AS s CROSS JOIN LATERAL (
        SELECT * FROM orders WHERE session_id = s.id AND buyer = $2 AND args_hash IS NOT NULL
        ORDER BY seq DESC LIMIT $1
    ) AS o
    WHERE $3::text IS NULL OR s.shop = $3
    ORDER BY s.number DESC, o.seq DESC LIMIT $1
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.why,
       ARRAY(SELECT ROW(c."row", c.n, c.cap) FROM order_charge AS c WHERE c.order_id = o.id
             ORDER BY c."row") AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o LEFT JOIN order_line AS l ON l.order_id = o.id
ORDER BY o.number DESC, o.seq DESC, l.rid

-- name: session_of_order
-- Find the session whose lock an order is under. $1 order id
SELECT session_id FROM orders WHERE id = $1

-- name: set_status
-- Change an order's status and number the change; to be called under the lock.
-- $1 session, $2 order id, $3 status, $4 at_ms, None to keep what it is, $5 why it is void
WITH numbered AS (
    UPDATE session SET seq = seq + 1, newest_ms = greatest(newest_ms, $4) WHERE id = $1
    RETURNING seq
)
UPDATE orders SET status = $3, seq = numbered.seq, at_ms = coalesce($4, at_ms), void_code = $5
FROM numbered WHERE id = $2

-- name: give_up
-- Make a pending order void and number the change; to be called under the lock.
-- $1 session, $2 order id, $3 why it is void
WITH numbered AS (UPDATE session SET seq = seq + 1 WHERE id = $1 RETURNING seq)
UPDATE orders SET status = 'void', seq = numbered.seq, given_up = $3
FROM numbered WHERE id = $2

-- name: count_order
-- Add an order to what its session has sold, or take it off; to be called under the lock.
-- A CHECK refuses what does not fit. $1 session, $2 order id, $3 +1 or -1
WITH line AS MATERIALIZED (
    SELECT l.sku, l.sale, l.qty, o.total
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id WHERE o.id = $2
), counted AS (
    UPDATE session
    SET orders = orders + $3, units = units + $3 * (SELECT sum(qty) FROM line),
        revenue = revenue + $3 * (SELECT total FROM line LIMIT 1)
    WHERE id = $1
), charge AS MATERIALIZED (
    -- Each row once, or the update would count one of two.
    SELECT 's' || sku AS "row", sku, sum(qty)::int AS n, true AS capped FROM line GROUP BY sku
    UNION ALL
    SELECT "row", NULL, sum(n)::int, bool_or(capped)
    FROM (
        SELECT sale AS "row", qty AS n, false AS capped FROM line WHERE sale <> ''
        UNION ALL
        SELECT "row", n, true FROM order_charge WHERE order_id = $2
    ) AS taken GROUP BY "row"
), unallocated AS (
    -- A SKU or a charge without a row has no units: the CHECK refuses it.
    INSERT INTO stock (session_id, "row", sku, units, sold)
    SELECT $1, c."row", c.sku, 0, $3 * c.n FROM charge AS c
    WHERE c.capped
      AND NOT EXISTS (SELECT FROM stock AS t WHERE t.session_id = $1 AND t."row" = c."row")
)
UPDATE stock AS t SET sold = t.sold + $3 * c.n, version = t.version + 1
FROM charge AS c WHERE t.session_id = $1 AND t."row" = c."row"

-- name: raise_quotas
-- Count an order for its buyer's limits; to be called under the lock. $1 session, $2 order id
INSERT INTO buyer_quota AS q (session_id, scope, buyer, bought, cap)
SELECT $1, scope, buyer, sum(qty), max(cap)
FROM (
    SELECT 's' || l.sku AS scope, o.buyer, l.qty, l.sku_limit AS cap
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id WHERE o.id = $2
    UNION ALL
    SELECT l.sale, o.buyer, l.qty, l.sale_limit
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    WHERE o.id = $2 AND l.sale_limit IS NOT NULL
    UNION ALL
    SELECT c."row", o.buyer, c.n, c.cap
    FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
    WHERE o.id = $2 AND c.cap IS NOT NULL
) AS scopes GROUP BY scope, buyer
ON CONFLICT (session_id, scope, buyer) DO UPDATE
    SET bought = q.bought + excluded.bought, cap = excluded.cap, version = q.version + 1

-- name: lower_quotas
-- Give a buyer back what an order counted for; to be called under the lock.
-- $1 session, $2 order id
UPDATE buyer_quota AS q SET bought = q.bought - c.n, version = q.version + 1
FROM (
    SELECT scope, buyer, sum(qty)::int AS n
    FROM (
        SELECT 's' || l.sku AS scope, o.buyer, l.qty
        FROM orders AS o JOIN order_line AS l ON l.order_id = o.id WHERE o.id = $2
        UNION ALL
        SELECT l.sale, o.buyer, l.qty
        FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
        WHERE o.id = $2 AND l.sale_limit IS NOT NULL
        UNION ALL
        SELECT c."row", o.buyer, c.n
        FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
        WHERE o.id = $2 AND c.cap IS NOT NULL
    ) AS scopes GROUP BY scope, buyer
) AS c
WHERE q.session_id = $1 AND q.scope = c.scope AND q.buyer = c.buyer

-- name: restock_catalogue
-- After the session is settled, give a cancelled order's units to the catalogue at once. Its rows
-- keep no free units, those of sales neither. $1 session, $2 order id
WITH line AS MATERIALIZED (
    SELECT sku, sum(qty)::int AS n FROM order_line WHERE order_id = $2 GROUP BY sku
), locked AS MATERIALIZED (
    SELECT sku FROM variant WHERE sku IN (SELECT sku FROM line) ORDER BY sku FOR UPDATE
), stocked AS (
    UPDATE variant AS v SET stock = v.stock + l.n
    FROM line AS l JOIN locked USING (sku) WHERE v.sku = l.sku
), booked AS (
    INSERT INTO stock_ledger (event_id, sku, delta, reason, session_id, order_id)
    SELECT 'cancelled:' || $2 || ':' || sku, sku, n, 'cancelled', $1, $2 FROM line
)
UPDATE stock SET units = sold, version = version + 1
WHERE session_id = $1 AND units <> sold

-- name: refund_payments
-- Make the money of a cancelled order due for refund. $1 order id
UPDATE payment SET status = 'refund_due', reason = 'cancelled'
WHERE order_id = $1 AND status = 'applied'
