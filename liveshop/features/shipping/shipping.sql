-- The fulfilment of orders: what merchants' systems bring back.

-- name: shop
-- Read the shop of a session. $1 session
SELECT shop FROM session WHERE id = $1

-- name: put
-- Keep the fulfilment of an order; no row if that is there already, or if it would go back.
-- $1 order, $2 session, $3 buyer, $4 state, $5 carrier, $6 tracking, $7 link, $8 now_ms
INSERT INTO fulfilment AS f (order_id, session_id, buyer, state, carrier, tracking, tracking_url,
                             shipped_ms, delivered_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::bigint, CASE $4 WHEN 'delivered' THEN $8::bigint END)
ON CONFLICT (order_id) DO UPDATE
SET state = excluded.state, carrier = excluded.carrier, tracking = excluded.tracking,
    tracking_url = excluded.tracking_url,
    delivered_ms = coalesce(f.delivered_ms, excluded.delivered_ms)
WHERE (f.state = 'shipped' OR excluded.state = 'delivered')
  AND (f.state, f.carrier, f.tracking, f.tracking_url)
      IS DISTINCT FROM (excluded.state, excluded.carrier, excluded.tracking, excluded.tracking_url)
RETURNING *

-- name: read
-- Read the fulfilment of an order. $1 order
SELECT * FROM fulfilment WHERE order_id = $1

-- name: page
-- Read the fulfilments of a session by their orders. $1 session, $2 after this order, $3 how many
SELECT * FROM fulfilment WHERE session_id = $1 AND order_id > $2 ORDER BY order_id LIMIT $3

-- name: page_of_buyer
-- The same of one buyer. $1 session, $2 buyer, $3 after this order, $4 how many
SELECT * FROM fulfilment
WHERE session_id = $1 AND buyer = $2 AND order_id > $3 ORDER BY order_id LIMIT $4
