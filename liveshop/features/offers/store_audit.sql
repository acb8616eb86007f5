-- The orders and logs that `liveshop audit` reads to price orders again.

-- name: sessions_with_offers
-- Read the sessions in which offers made a price. $1 one session, or null for all
SELECT s.id, s.title, s.currency, s.payment, s.hold_ms
FROM session AS s
WHERE ($1::text IS NULL OR s.id = $1)
  AND EXISTS (SELECT FROM orders AS o WHERE o.session_id = s.id AND o.priced_at IS NOT NULL)
ORDER BY s.id

-- name: events_of
-- Read events. $1 session, $2 after this offset, $3 how many
SELECT body FROM event WHERE session_id = $1 AND "offset" > $2 ORDER BY "offset" LIMIT $3

-- name: priced_orders
-- Read orders in the order of the states that they were priced by.
-- $1 session, $2 and $3 after this offset and id, $4 how many
SELECT o.id, o.priced_at, o.total, o.why,
       ARRAY(SELECT ROW(l.rid, l.sku, l.qty, l.price, l.final) FROM order_line AS l
             WHERE l.order_id = o.id ORDER BY l.rid) AS lines,
       ARRAY(SELECT ROW(c."row", c.n) FROM order_charge AS c WHERE c.order_id = o.id) AS charges
FROM orders AS o
WHERE o.session_id = $1 AND o.priced_at IS NOT NULL AND (o.priced_at, o.id) > ($2, $3)
ORDER BY o.priced_at, o.id LIMIT $4
