-- The rows of exports, each query for one dataset, in an order that depends on nothing but them.
-- Names compare by bytes. $1 a session, null for all, $2 a shop, null for all, $3 from an instant,
-- $4 up to another

-- name: orders
-- Orders as they are at the instant of the export; one that was void from the start never was one.
SELECT o.id AS order_id, o.session_id, s.shop, o.seq, o.at_ms, o.status, o.buyer AS viewer_id,
       (SELECT sum(l.qty) FROM order_line AS l WHERE l.order_id = o.id)::bigint AS units,
       o.total, o.currency
FROM orders AS o JOIN session AS s ON s.id = o.session_id
WHERE o.args_hash IS NOT NULL
  AND ($1::text IS NULL OR o.session_id = $1) AND ($2::text IS NULL OR s.shop = $2)
  AND o.at_ms >= $3 AND o.at_ms < $4
ORDER BY o.session_id, o.at_ms, o.id

-- name: lines
-- Lines of the same orders.
SELECT l.order_id, o.session_id, s.shop, o.at_ms, o.status, o.buyer AS viewer_id, l.rid, l.sku,
       l.qty AS quantity, l.price, coalesce(l.final, l.price * l.qty) AS total, o.currency,
       nullif(l.sale, '') AS sale
FROM orders AS o
JOIN session AS s ON s.id = o.session_id
JOIN order_line AS l ON l.order_id = o.id
WHERE o.args_hash IS NOT NULL
  AND ($1::text IS NULL OR o.session_id = $1) AND ($2::text IS NULL OR s.shop = $2)
  AND o.at_ms >= $3 AND o.at_ms < $4
ORDER BY o.session_id, o.at_ms, o.id, l.rid

-- name: events
-- Events of the log.
SELECT e.session_id, s.shop, e."offset", e.at_ms, e.type, e.body
FROM event AS e JOIN session AS s ON s.id = e.session_id
WHERE ($1::text IS NULL OR e.session_id = $1) AND ($2::text IS NULL OR s.shop = $2)
  AND e.at_ms >= $3 AND e.at_ms < $4
ORDER BY e.session_id, e."offset"

-- name: samples
-- Samples of the gauges.
SELECT p.session_id, s.shop, p.at_ms, p.viewers, p.viewers_peak, p.visitors, p.likes, p.held
FROM show_sample AS p JOIN session AS s ON s.id = p.session_id
WHERE ($1::text IS NULL OR p.session_id = $1) AND ($2::text IS NULL OR s.shop = $2)
  AND p.at_ms >= $3 AND p.at_ms < $4
ORDER BY p.session_id, p.at_ms
