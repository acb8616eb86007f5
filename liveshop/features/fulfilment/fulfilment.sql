-- The orders of a show, for those who pack it.

-- name: orders_by_buyer
-- Read orders by their buyers, from the one after a buyer and a seq, a row for each line. An order
-- never changes its buyer, so that no change between two pages makes another buyer's order come
-- twice or not at all; one that was void from the start was never an order to anyone.
-- $1 session, $2 buyer, $3 seq, $4 how many, $5 the status, null for any
WITH page AS (
    SELECT * FROM orders
    WHERE session_id = $1 AND (buyer, seq) > ($2, $3) AND args_hash IS NOT NULL
      AND ($5::text IS NULL OR status = $5)
    ORDER BY buyer, seq LIMIT $4
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       NULL::jsonb AS why, ARRAY[]::record[] AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o
LEFT JOIN LATERAL (SELECT * FROM order_line WHERE order_id = o.id OFFSET 0) AS l ON true
ORDER BY o.buyer, o.seq, l.rid

-- name: offered
-- Read what the catalogue says of SKUs. $1 SKUs
SELECT v.sku, v.label, p.product_id, p.title, p.image
FROM variant AS v JOIN product AS p USING (product_id)
WHERE v.sku = ANY($1)
