-- Orders come into being here, under the lock of their session's row, which is always taken first.

-- name: insert_orders
-- Insert a batch of orders with their lines; of confirmed ones, raise what is sold and bought.
-- $1 session, $2 epoch, $3 now_ms, $4 status: 'confirmed' or 'pending'
-- $5 order ids, $6 buyers, $7 totals, $8 hashes of the arguments, $9 pay_until_ms
-- $10 rids, $11 their order ids, $12 SKUs, $13 sales, $14 quantities, $15 prices,
-- $16 and $17 the limits of SKU and sale, $18 finals, $19 memos, $20 the orders' reasons
-- $21 order ids of charges, $22 their rows, $23 units, $24 the buyers' limits
-- $25 the offsets of the state that the orders were priced by, null without offers
-- One row, none for an unknown session: the session's epoch and head, the ids of the orders that
-- are new, each row and quota that rose, and the totals. With another epoch nothing changes.
-- A CHECK refuses the whole batch where one order does not fit.
WITH locked AS MATERIALIZED (
    SELECT id, stock_epoch, head_offset, currency, seq, orders, units, revenue
    FROM session WHERE id = $1 FOR UPDATE
), made AS (
    INSERT INTO orders (id, session_id, seq, buyer, status, total, currency, epoch, args_hash,
                        pay_until_ms, at_ms, why, priced_at)
    SELECT o.id, s.id, s.seq + o.n, o.buyer, $4, o.total, s.currency, $2, o.hash,
           o.pay_until_ms, $3, o.why, o.priced_at
    FROM locked AS s,
        unnest($5::text[], $6::text[], $7::bigint[], $8::bytea[], $9::bigint[], $20::jsonb[],
               $25::int[])
        WITH ORDINALITY AS o (id, buyer, total, hash, pay_until_ms, why, priced_at, n)
    WHERE s.stock_epoch = $2
    ORDER BY o.id
    ON CONFLICT (id) DO NOTHING
    RETURNING id, buyer, total
), line AS MATERIALIZED (
    SELECT l.*, m.buyer
    FROM unnest($10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::bigint[],
                $16::int[], $17::int[], $18::bigint[], $19::json[])
        AS l (rid, order_id, sku, sale, qty, price, sku_limit, sale_limit, final, memo)
    JOIN made AS m ON m.id = l.order_id
), line_made AS (
    INSERT INTO order_line (rid, order_id, sku, sale, qty, price, sku_limit, sale_limit, final,
                            memo)
    SELECT rid, order_id, sku, sale, qty, price, sku_limit, sale_limit, final, memo
    FROM line ORDER BY rid
), beside AS MATERIALIZED (
    SELECT c.*, m.buyer
    FROM unnest($21::text[], $22::text[], $23::int[], $24::int[]) AS c (order_id, "row", n, cap)
    JOIN made AS m ON m.id = c.order_id
), beside_made AS (
    INSERT INTO order_charge (order_id, "row", n, cap)
    SELECT order_id, "row", n, cap FROM beside ORDER BY order_id, "row"
), sold AS MATERIALIZED (
    SELECT * FROM line WHERE $4 = 'confirmed'
), sold_beside AS MATERIALIZED (
    SELECT * FROM beside WHERE $4 = 'confirmed'
), charge AS MATERIALIZED (
    -- Each row once, or an update would count one of two.
    SELECT 's' || sku AS "row", sku, sum(qty)::int AS n, true AS capped FROM sold GROUP BY sku
    UNION ALL
    SELECT "row", NULL, sum(n)::int, bool_or(capped)
    FROM (
        SELECT sale AS "row", qty AS n, false AS capped FROM sold WHERE sale <> ''
        UNION ALL
        SELECT "row", n, true FROM sold_beside
    ) AS taken GROUP BY "row"
), raised AS (
    UPDATE stock AS t SET sold = t.sold + c.n, version = t.version + 1
    FROM charge AS c WHERE t.session_id = $1 AND t."row" = c."row"
    RETURNING t."row", t.units, t.sold, t.version
), unallocated AS (
    -- A SKU or a charge without a row has no units: the CHECK refuses it.
    INSERT INTO stock (session_id, "row", sku, units, sold)
    SELECT $1, c."row", c.sku, 0, c.n FROM charge AS c
    WHERE c.capped
      AND NOT EXISTS (SELECT FROM stock AS t WHERE t.session_id = $1 AND t."row" = c."row")
), quota AS (
    INSERT INTO buyer_quota AS q (session_id, scope, buyer, bought, cap)
    SELECT $1, scope, buyer, sum(qty), max(cap)
    FROM (
        SELECT 's' || sku AS scope, buyer, qty, sku_limit AS cap FROM sold
        UNION ALL
        SELECT sale, buyer, qty, sale_limit FROM sold WHERE sale_limit IS NOT NULL
        UNION ALL
        SELECT "row", buyer, n, cap FROM sold_beside WHERE cap IS NOT NULL
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

-- name: known_orders
-- Read what is stored under ids that were in use already. $1 order ids
SELECT o.id, o.session_id, o.buyer, o.status, coalesce(o.given_up, o.void_code) AS void_code,
       o.args_hash, o.at_ms
FROM unnest($1::text[]) AS n (id)
CROSS JOIN LATERAL (SELECT * FROM orders WHERE id = n.id OFFSET 0) AS o

-- name: taken_rids
-- Read to which orders reservations belong. $1 rids
SELECT l.rid, o.id, o.session_id, o.buyer, o.status, coalesce(o.given_up, o.void_code) AS void_code,
       o.args_hash, o.at_ms
FROM unnest($1::text[]) AS n (rid)
CROSS JOIN LATERAL (SELECT * FROM order_line WHERE rid = n.rid OFFSET 0) AS l
CROSS JOIN LATERAL (SELECT * FROM orders WHERE id = l.order_id OFFSET 0) AS o

-- name: free_units
-- Read what is left of some rows; to be called under the lock. $1 session, $2 rows
SELECT "row", units - sold AS free FROM stock WHERE session_id = $1 AND "row" = ANY($2)

-- name: bought_so_far
-- Read what buyers have bought; to be called under the lock. $1 session, $2 scopes, $3 buyers
SELECT q.scope, q.buyer, q.bought
FROM unnest($2::text[], $3::text[]) AS n (scope, buyer)
CROSS JOIN LATERAL (
    SELECT * FROM buyer_quota
    WHERE session_id = $1 AND scope = n.scope AND buyer = n.buyer OFFSET 0
) AS q

-- name: void_orders
-- Make orders void: those that wait for money and are overdue, and those that never came. Their
-- lines keep the reservations from being ordered otherwise. To be called under the lock.
-- $1 session, $2 now_ms, $3 order ids, $4 buyers, $5 why,
-- $6 rids, $7 their order ids, $8 SKUs, $9 sales, $10 quantities, $11 prices,
-- $12 the orders' totals, $13 finals of the lines
WITH line AS MATERIALIZED (
    SELECT * FROM unnest($6::text[], $7::text[], $8::text[], $9::text[], $10::int[], $11::bigint[],
                         $13::bigint[])
        AS l (rid, order_id, sku, sale, qty, price, final)
), void AS MATERIALIZED (
    SELECT o.id, o.buyer, o.code, o.total, s.currency, s.stock_epoch, s.seq + o.n AS seq
    FROM session AS s, unnest($3::text[], $4::text[], $5::text[], $12::bigint[]) WITH ORDINALITY
        AS o (id, buyer, code, total, n)
    WHERE s.id = $1
), made AS (
    INSERT INTO orders (id, session_id, seq, buyer, status, total, currency, epoch, at_ms,
                        void_code)
    SELECT id, $1, seq, buyer, 'void', total, currency, stock_epoch, $2, code
    FROM void ORDER BY id
    ON CONFLICT (id) DO NOTHING
    RETURNING id
), line_made AS (
    INSERT INTO order_line (rid, order_id, sku, sale, qty, price, sku_limit, final)
    SELECT l.rid, l.order_id, l.sku, l.sale, l.qty, l.price, 0, l.final
    FROM line AS l JOIN made AS m ON m.id = l.order_id ORDER BY l.rid
    ON CONFLICT (rid) DO NOTHING
), turned AS (
    UPDATE orders AS o SET status = 'void', seq = v.seq, void_code = v.code
    FROM void AS v
    WHERE o.id = v.id AND o.session_id = $1 AND o.buyer = v.buyer
      AND o.status = 'pending' AND o.pay_until_ms <= $2
)
UPDATE session SET seq = seq + cardinality($3), newest_ms = greatest(newest_ms, $2) WHERE id = $1
