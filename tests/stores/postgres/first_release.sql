-- The writes of a node of the first schema, 0001, while a newer one migrates: kept as they were.

-- name: insert_orders
-- Insert a batch of orders with their lines; of confirmed ones, raise what is sold and bought.
-- $1 session, $2 epoch, $3 now_ms, $4 status: 'confirmed' or 'pending'
-- $5 order ids, $6 buyers, $7 totals, $8 hashes of the arguments, $9 pay_until_ms
-- $10 rids, $11 their order ids, $12 SKUs, $13 sales, $14 quantities, $15 prices,
-- $16 and $17 the limits of SKU and sale
-- One row, none for an unknown session: the session's epoch and head, the ids of the orders that
-- are new, each row and quota that rose, and the totals. With another epoch nothing changes.
-- A CHECK refuses the whole batch where one order does not fit.
WITH locked AS MATERIALIZED (
    SELECT id, stock_epoch, head_offset, currency, seq, orders, units, revenue
    FROM session WHERE id = $1 FOR UPDATE
), made AS (
    INSERT INTO orders (id, session_id, seq, buyer, status, total, currency, epoch, args_hash,
                        pay_until_ms, at_ms)
    SELECT o.id, s.id, s.seq + o.n, o.buyer, $4, o.total, s.currency, $2, o.hash,
           o.pay_until_ms, $3
    FROM locked AS s, unnest($5::text[], $6::text[], $7::bigint[], $8::bytea[], $9::bigint[])
        WITH ORDINALITY AS o (id, buyer, total, hash, pay_until_ms, n)
    WHERE s.stock_epoch = $2
    ORDER BY o.id
    ON CONFLICT (id) DO NOTHING
    RETURNING id, buyer, total
), line AS MATERIALIZED (
    SELECT l.*, m.buyer
    FROM unnest($10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::bigint[],
                $16::int[], $17::int[])
        AS l (rid, order_id, sku, sale, qty, price, sku_limit, sale_limit)
    JOIN made AS m ON m.id = l.order_id
), line_made AS (
    INSERT INTO order_line (rid, order_id, sku, sale, qty, price, sku_limit, sale_limit)
    SELECT rid, order_id, sku, sale, qty, price, sku_limit, sale_limit FROM line ORDER BY rid
), sold AS MATERIALIZED (
    SELECT * FROM line WHERE $4 = 'confirmed'
), charge AS MATERIALIZED (
    SELECT 's' || sku AS "row", sku, sum(qty)::int AS n FROM sold GROUP BY sku
    UNION ALL
    SELECT sale, NULL, sum(qty)::int FROM sold WHERE sale <> '' GROUP BY sale
), raised AS (
    UPDATE stock AS t SET sold = t.sold + c.n, version = t.version + 1
    FROM charge AS c WHERE t.session_id = $1 AND t."row" = c."row"
    RETURNING t."row", t.units, t.sold, t.version
), unallocated AS (
    -- A SKU without a row has no units: the CHECK refuses it.
    INSERT INTO stock (session_id, "row", sku, units, sold)
    SELECT $1, c."row", c.sku, 0, c.n FROM charge AS c
    WHERE c.sku IS NOT NULL
      AND NOT EXISTS (SELECT FROM stock AS t WHERE t.session_id = $1 AND t."row" = c."row")
), quota AS (
    INSERT INTO buyer_quota AS q (session_id, scope, buyer, bought, cap)
    SELECT $1, scope, buyer, sum(qty), max(cap)
    FROM (
        SELECT 's' || sku AS scope, buyer, qty, sku_limit AS cap FROM sold
        UNION ALL
        SELECT sale, buyer, qty, sale_limit FROM sold WHERE sale_limit IS NOT NULL
    ) AS scopes GROUP BY scope, buyer
    ON CONFLICT (session_id, scope, buyer) DO UPDATE
        SET bought = q.bought + excluded.bought, cap = excluded.cap, version = q.version + 1
    RETURNING buyer, scope, bought, version
), more AS MATERIALIZED (
    SELECT CASE WHEN count(*) > 0 THEN cardinality($5) ELSE 0 END AS seq,
           CASE WHEN $4 = 'confirmed' THEN count(*) ELSE 0 END AS orders,
           CASE WHEN $4 = 'confirmed' THEN coalesce(sum(total), 0) ELSE 0 END::bigint AS revenue,
           (SELECT coalesce(sum(qty), 0) FROM sold) AS units
    FROM made
), counted AS (
    UPDATE session AS s
    SET seq = s.seq + m.seq, orders = s.orders + m.orders, units = s.units + m.units,
        revenue = s.revenue + m.revenue, newest_ms = greatest(s.newest_ms, $3)
    FROM more AS m WHERE s.id = $1 AND m.seq > 0
)
SELECT s.stock_epoch, s.head_offset, s.seq + m.seq AS seq, s.orders + m.orders AS orders,
       s.units + m.units AS units, s.revenue + m.revenue AS revenue,
       ARRAY(SELECT id FROM made) AS made,
       ARRAY(SELECT ROW("row", units, sold, version) FROM raised) AS rows,
       ARRAY(SELECT ROW(buyer, scope, bought, version) FROM quota) AS bought
FROM locked AS s, more AS m
