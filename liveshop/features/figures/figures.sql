-- The figures of a show: its samples and counts, and what its orders say.

-- name: add_sample
-- Keep a sample, unless another node was first.
-- $1 session, $2 at_ms, $3 viewers, $4 most viewers so far, $5 visitors, $6 likes, $7 units held
INSERT INTO show_sample (session_id, at_ms, viewers, viewers_peak, visitors, likes, held)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
RETURNING at_ms

-- name: add_looks
-- Count looks at products. $1 session, $2 products, $3 how many of each
INSERT INTO product_looks AS known (session_id, product_id, looks)
SELECT $1, * FROM unnest($2::text[], $3::bigint[])
ON CONFLICT (session_id, product_id) DO UPDATE SET looks = known.looks + excluded.looks

-- name: looks
-- Read the looks at each product. $1 session
SELECT product_id, looks FROM product_looks WHERE session_id = $1

-- name: audience
-- Read what the samples come to. $1 session
SELECT coalesce(max(viewers_peak), 0) AS viewers_peak, round(avg(viewers))::int AS viewers_average,
       max(visitors) AS visitors, coalesce(max(likes), 0) AS likes
FROM show_sample WHERE session_id = $1

-- name: sample_series
-- Read the samples in steps, the newest value of each. $1 session, $2 from, $3 length of a step
SELECT DISTINCT ON (step) (at_ms - $2) / $3 AS step, likes, held,
       avg(viewers) OVER (PARTITION BY (at_ms - $2) / $3) AS viewers
FROM show_sample WHERE session_id = $1 AND at_ms >= $2
ORDER BY step, at_ms DESC

-- name: order_series
-- Read what was ordered in steps. $1 session, $2 from, $3 length of a step
SELECT (o.at_ms - $2) / $3 AS step, count(DISTINCT o.id) AS orders, sum(l.qty) AS units,
       sum(coalesce(l.final, l.price * l.qty))::bigint AS revenue
FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
WHERE o.session_id = $1 AND o.status = 'confirmed' AND o.at_ms >= $2
GROUP BY step ORDER BY step

-- name: buyers
-- Count who has ordered. $1 session
SELECT count(DISTINCT buyer) AS buyers FROM orders WHERE session_id = $1 AND status = 'confirmed'

-- name: returning
-- Count who has ordered, and in one of some other sessions too: a look into the index for each
-- buyer and session. $1 session, $2 the others
SELECT count(*) AS buyers
FROM (SELECT DISTINCT buyer FROM orders WHERE session_id = $1 AND status = 'confirmed') AS b
WHERE EXISTS (
    SELECT FROM unnest($2::text[]) AS s (id)
    CROSS JOIN LATERAL (
        SELECT FROM orders
        WHERE session_id = s.id AND buyer = b.buyer AND status = 'confirmed' LIMIT 1
    ) AS o
)

-- name: sold_by_product
-- Read what was ordered of each product. $1 session
SELECT v.product_id, count(DISTINCT o.id) AS orders, sum(l.qty) AS units,
       sum(coalesce(l.final, l.price * l.qty))::bigint AS revenue
FROM orders AS o
JOIN order_line AS l ON l.order_id = o.id
JOIN variant AS v ON v.sku = l.sku
WHERE o.session_id = $1 AND o.status = 'confirmed'
GROUP BY v.product_id

-- name: allocated_by_product
-- Read the units of each product that the session took out of the catalogue's stock, before some
-- were given back. $1 session
SELECT v.product_id, -sum(l.delta)::bigint AS units
FROM stock AS t
JOIN stock_ledger AS l ON l.sku = t.sku AND l.session_id = t.session_id
JOIN variant AS v ON v.sku = t.sku
WHERE t.session_id = $1 AND l.reason = 'allocated'
GROUP BY v.product_id

-- name: sums_since
-- Read the totals of a session, and by product what its orders since a change have added to them,
-- as of one instant; `undone` where one of those may have taken something off. A row a product, one
-- without any if there is nothing new. Lines are looked up order by order: a plan for however many
-- orders would read all lines there are, for one new order too.
-- $1 session, $2 the change, 0 for all
WITH new AS MATERIALIZED (
    SELECT id, status FROM orders WHERE session_id = $1 AND seq > $2
), sold AS MATERIALIZED (
    SELECT l.sku, sum(l.qty) AS sold, sum(coalesce(l.final, l.price * l.qty)) AS earned
    FROM new AS o CROSS JOIN LATERAL (SELECT * FROM order_line WHERE order_id = o.id OFFSET 0) AS l
    WHERE o.status = 'confirmed'
    GROUP BY l.sku
), added AS (
    SELECT v.product_id, sum(n.sold)::bigint AS sold, sum(n.earned) AS earned
    FROM sold AS n
    CROSS JOIN LATERAL (SELECT product_id FROM variant WHERE sku = n.sku OFFSET 0) AS v
    GROUP BY v.product_id
)
SELECT s.orders, s.units, s.revenue, s.seq,
       EXISTS (SELECT FROM new WHERE status IN ('cancelled', 'refunded')) AS undone,
       a.product_id, a.sold, a.earned::bigint AS earned
FROM session AS s LEFT JOIN added AS a ON true
WHERE s.id = $1

-- name: trend
-- Read the shows of a show's shop that began no later than it, itself among them, the newest first;
-- if it has not begun, those that have. They are looked for among those that were planned shortly
-- before and after it. $1 session, $2 how many, $3 of how many on each side, $4 a session, all if
-- null: the only one that may be told of
WITH own AS (SELECT * FROM session WHERE id = $1), near AS (
    (SELECT o.* FROM own JOIN session AS o
         ON o.shop IS NOT DISTINCT FROM own.shop AND o.number >= own.number
     WHERE $4::text IS NULL OR o.id = $4
     ORDER BY o.number LIMIT $3)
    UNION ALL
    (SELECT o.* FROM own JOIN session AS o
         ON o.shop IS NOT DISTINCT FROM own.shop AND o.number < own.number
     WHERE $4::text IS NULL OR o.id = $4
     ORDER BY o.number DESC LIMIT $3)
), begun AS (
    SELECT s.*, e.at_ms AS started_at_ms
    FROM near AS s CROSS JOIN LATERAL (
        SELECT at_ms FROM event WHERE session_id = s.id AND type = 'session.started'
        ORDER BY "offset" LIMIT 1
    ) AS e
)
SELECT b.id AS session_id, b.title, b.currency, b.started_at_ms, b.orders, b.units, b.revenue,
       (SELECT coalesce(max(viewers_peak), 0) FROM show_sample WHERE session_id = b.id)
           AS viewers_peak
FROM begun AS b
WHERE b.started_at_ms <= coalesce((SELECT started_at_ms FROM begun WHERE id = $1), b.started_at_ms)
ORDER BY b.started_at_ms DESC, b.number DESC LIMIT $2

-- name: read_plan
-- Read what a host plans. $1 session
SELECT body FROM show_plan WHERE session_id = $1

-- name: save_plan
-- Replace what a host plans, but for what the new plan leaves out. $1 session, $2 the plan as JSON
INSERT INTO show_plan AS known (session_id, body) VALUES ($1, $2::jsonb)
ON CONFLICT (session_id) DO UPDATE SET body = known.body || excluded.body
RETURNING body

-- name: price_events
-- Read what said prices of these SKUs' products, in sessions that buyers could see, whichever
-- session it was. $1 a session, whose currency and shop the others have, $2 sessions that have had
-- news since, $3 products, $4 how many sessions, the newest
SELECT e.session_id, e.body
FROM (
    SELECT o.id FROM session AS own
    JOIN session AS o ON o.currency = own.currency AND o.shop IS NOT DISTINCT FROM own.shop
    WHERE own.id = $1 AND o.newest_ms >= $2 AND o.status IN ('live', 'paused', 'ended')
    ORDER BY o.number DESC LIMIT $4
) AS s JOIN event AS e ON e.session_id = s.id
WHERE (
      e.type LIKE 'session.%'
      OR e.type IN ('product.repriced', 'product.removed', 'sale.started', 'sale.ended')
         AND e.body ->> 'product_id' = ANY($3)
      OR e.type = 'product.added' AND e.body -> 'product' ->> 'product_id' = ANY($3)
  )
ORDER BY e.session_id, e."offset"
