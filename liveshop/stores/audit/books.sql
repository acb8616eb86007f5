-- The audit's questions to Postgres. Each query is a check of findings.py and returns session_id
-- (null where it is the catalogue's) and what is wrong, for each finding.
-- $1 one session, or null for all; $2 the instant before which a deadline should have been noticed

-- name: sold_within_units
-- By what the row counts and by what its confirmed orders have, whichever is more. `beyond` are the
-- units over, which the summary of a show adds up.
WITH ordered AS (
    SELECT session_id, "row", sum(n) AS n FROM (
        SELECT o.session_id, r."row", l.qty AS n
        FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
        CROSS JOIN LATERAL (VALUES ('s' || l.sku), (nullif(l.sale, ''))) AS r ("row")
        WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1)
        UNION ALL
        SELECT o.session_id, c."row", c.n AS n
        FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
        WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1)
    ) AS taken WHERE "row" IS NOT NULL GROUP BY 1, 2
)
SELECT t.session_id, format('row %s has sold %s of %s', t."row", m.most, t.units) AS what,
       t."row", greatest(m.most - t.units, 0) AS beyond
FROM stock AS t LEFT JOIN ordered AS o USING (session_id, "row")
CROSS JOIN LATERAL (SELECT CASE WHEN t.sold < 0 THEN t.sold
                                ELSE greatest(t.sold, coalesce(o.n, 0)) END AS most) AS m
WHERE m.most NOT BETWEEN 0 AND t.units AND ($1::text IS NULL OR t.session_id = $1)

-- name: sold_is_ordered
WITH line AS (
    SELECT o.session_id, l.sku, l.sale, l.qty
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1)
), ordered AS (
    SELECT session_id, 's' || sku AS "row", sum(qty) AS n FROM line GROUP BY 1, 2
    UNION ALL
    SELECT session_id, "row", sum(n) FROM (
        SELECT session_id, sale AS "row", qty AS n FROM line WHERE sale <> ''
        UNION ALL
        SELECT o.session_id, c."row", c.n
        FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
        WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1)
    ) AS taken GROUP BY 1, 2
), counted AS (
    SELECT session_id, "row", sold FROM stock WHERE $1::text IS NULL OR session_id = $1
)
SELECT session_id, format('row %s says %s sold, its orders say %s',
                          "row", coalesce(t.sold::text, 'nothing'), coalesce(o.n, 0)) AS what
FROM counted AS t FULL JOIN ordered AS o USING (session_id, "row")
WHERE t.sold IS DISTINCT FROM coalesce(o.n, 0) AND NOT (t.sold IS NULL AND "row" LIKE '@%')

-- name: charge_has_its_row
-- A sale without units of its own caps nothing; a charge is always of a row that caps it.
SELECT o.session_id, format('order %s has taken %s of row %s, which is not there',
                            o.id, c.n, c."row") AS what
FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1)
  AND NOT EXISTS (SELECT FROM stock AS t WHERE t.session_id = o.session_id AND t."row" = c."row")

-- name: quota_is_ordered
WITH line AS (
    SELECT o.session_id, o.buyer, l.sku, l.sale, l.qty, l.sale_limit
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1)
), ordered AS (
    SELECT session_id, buyer, 's' || sku AS scope, sum(qty) AS n FROM line GROUP BY 1, 2, 3
    UNION ALL
    SELECT session_id, buyer, "row", sum(n) FROM (
        SELECT session_id, buyer, sale AS "row", qty AS n FROM line WHERE sale_limit IS NOT NULL
        UNION ALL
        SELECT o.session_id, o.buyer, c."row", c.n
        FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
        WHERE o.status = 'confirmed' AND c.cap IS NOT NULL
          AND ($1::text IS NULL OR o.session_id = $1)
    ) AS taken GROUP BY 1, 2, 3
), counted AS (
    SELECT session_id, buyer, scope, bought FROM buyer_quota
    WHERE $1::text IS NULL OR session_id = $1
)
SELECT session_id, format('%s counts as having bought %s of %s, by orders %s',
                          buyer, coalesce(q.bought, 0), scope, coalesce(o.n, 0)) AS what
FROM counted AS q FULL JOIN ordered AS o USING (session_id, buyer, scope)
WHERE coalesce(q.bought, 0) <> coalesce(o.n, 0)

-- name: quota_within_limit
SELECT session_id, format('%s has bought %s of %s, the limit was %s', buyer, bought, scope, cap)
    AS what
FROM buyer_quota WHERE bought NOT BETWEEN 0 AND cap AND ($1::text IS NULL OR session_id = $1)

-- name: orders_within_limit
-- A limit may be lowered later; that of the newest order held when it was made.
WITH line AS (
    SELECT o.session_id, o.buyer, l.sku, l.sale, l.qty, l.sku_limit, l.sale_limit
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1)
), summed AS (
    SELECT session_id, buyer, 's' || sku AS scope, sum(qty) AS n, max(sku_limit) AS cap
    FROM line GROUP BY 1, 2, 3
    UNION ALL
    SELECT session_id, buyer, "row", sum(n), max(cap) FROM (
        SELECT session_id, buyer, sale AS "row", qty AS n, sale_limit AS cap
        FROM line WHERE sale_limit IS NOT NULL
        UNION ALL
        SELECT o.session_id, o.buyer, c."row", c.n, c.cap
        FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
        WHERE o.status = 'confirmed' AND c.cap IS NOT NULL
          AND ($1::text IS NULL OR o.session_id = $1)
    ) AS taken GROUP BY 1, 2, 3
)
SELECT session_id, format('%s has orders of %s of %s, the limit is %s', buyer, n, scope, cap)
    AS what
FROM summed WHERE n > cap

-- name: catalogue_adds_up
WITH moved AS (SELECT sku, sum(delta) AS n FROM stock_ledger GROUP BY sku)
SELECT NULL AS session_id, format('SKU %s: stock is %s, imported %s and moved %s',
                                  v.sku, v.stock, v.imported_stock, coalesce(m.n, 0)) AS what
FROM variant AS v LEFT JOIN moved AS m USING (sku)
WHERE (v.stock <> v.imported_stock + coalesce(m.n, 0) OR v.stock < 0)
  AND ($1::text IS NULL OR EXISTS (
      SELECT FROM stock AS t WHERE t.session_id = $1 AND t."row" = 's' || v.sku))

-- name: allocation_adds_up
WITH moved AS (
    SELECT session_id, sku, -sum(delta) AS n FROM stock_ledger
    WHERE session_id IS NOT NULL AND ($1::text IS NULL OR session_id = $1) GROUP BY 1, 2
), allocated AS (
    SELECT session_id, sku, units FROM stock
    WHERE sku IS NOT NULL AND ($1::text IS NULL OR session_id = $1)
)
SELECT session_id, format('SKU %s has %s units, the ledger says %s',
                          sku, coalesce(t.units, 0), coalesce(m.n, 0)) AS what
FROM allocated AS t FULL JOIN moved AS m USING (session_id, sku)
WHERE coalesce(t.units, 0) <> coalesce(m.n, 0)

-- name: stock_added_is_moved
WITH said AS (
    SELECT e.session_id, e."offset", u.key AS sku, u.value::bigint AS n
    FROM event AS e, jsonb_each_text(e.body -> 'units') AS u
    WHERE e.type = 'stock.added' AND ($1::text IS NULL OR e.session_id = $1)
)
SELECT s.session_id, format('event %s says %s more units of SKU %s, the ledger says %s',
                            s."offset", s.n, s.sku, coalesce(-m.delta, 0)) AS what
FROM said AS s LEFT JOIN stock_ledger AS m
    ON m.event_id = 'allocated:' || s.session_id || ':' || s."offset" || ':' || s.sku
WHERE s.n <> coalesce(-m.delta, 0)

-- name: settled_keeps_nothing
SELECT s.id AS session_id,
       format('it is settled and keeps %s units of row %s', t.units - t.sold, t."row") AS what
FROM session AS s JOIN stock AS t ON t.session_id = s.id
WHERE s.settled AND t.units <> t.sold AND ($1::text IS NULL OR s.id = $1)

-- name: totals_add_up
WITH line AS (
    SELECT o.session_id, o.id, o.total, sum(l.qty) AS units
    FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
    WHERE o.status = 'confirmed' AND ($1::text IS NULL OR o.session_id = $1) GROUP BY 1, 2, 3
), summed AS (
    SELECT session_id, count(*) AS orders, sum(units) AS units, sum(total) AS revenue
    FROM line GROUP BY 1
)
SELECT s.id AS session_id,
       format('it counts %s orders, %s units, %s money; its orders say %s, %s, %s',
              s.orders, s.units, s.revenue,
              coalesce(m.orders, 0), coalesce(m.units, 0), coalesce(m.revenue, 0)) AS what
FROM session AS s LEFT JOIN summed AS m ON m.session_id = s.id
WHERE (s.orders, s.units, s.revenue)
    <> (coalesce(m.orders, 0), coalesce(m.units, 0), coalesce(m.revenue, 0))
  AND ($1::text IS NULL OR s.id = $1)

-- name: order_adds_up
-- A line without a final was written by an earlier release.
WITH summed AS (
    SELECT o.id, o.session_id, o.total,
           coalesce(sum(coalesce(l.final, l.qty * l.price)), -1) AS finals
    FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
    WHERE o.args_hash IS NOT NULL AND ($1::text IS NULL OR o.session_id = $1)
    GROUP BY o.id, o.session_id, o.total
)
SELECT session_id, format('order %s: total is %s, its lines say %s', id, total, finals) AS what
FROM summed WHERE total <> finals

-- name: final_is_explained
-- A final is what units cost, and what the reasons say; those of the stage `unit` are in the
-- unit's price already.
WITH reason AS (
    SELECT o.id, o.session_id, r.value AS said
    FROM orders AS o, jsonb_array_elements(o.why) AS r
    WHERE o.why IS NOT NULL AND ($1::text IS NULL OR o.session_id = $1)
), share AS (
    SELECT r.id, s.key AS rid, s.value::bigint AS amount
    FROM reason AS r, jsonb_each_text(r.said -> 'lines') AS s
    WHERE r.said ->> 'stage' <> 'unit'
), explained AS (
    SELECT o.session_id, o.id, l.rid, l.final, l.qty * l.price + coalesce(s.amount, 0) AS amount
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    LEFT JOIN (SELECT id, rid, sum(amount) AS amount FROM share GROUP BY 1, 2) AS s
        ON s.id = o.id AND s.rid = l.rid
    WHERE l.final IS NOT NULL AND ($1::text IS NULL OR o.session_id = $1)
)
SELECT session_id, format('order %s: line %s comes to %s, its reasons say %s',
                          id, rid, final, amount) AS what
FROM explained WHERE final <> amount
UNION ALL
SELECT r.session_id, format('order %s: reason %s is over %s, its lines say %s',
                            r.id, r.said ->> 'label', r.said ->> 'amount', coalesce(s.sum, 0))
FROM reason AS r
CROSS JOIN LATERAL (SELECT sum(value::bigint) FROM jsonb_each_text(r.said -> 'lines')) AS s
WHERE (r.said ->> 'amount')::bigint IS DISTINCT FROM coalesce(s.sum, 0)

-- name: orders_are_numbered
SELECT o.session_id,
       format('order %s has number %s, the newest is %s', o.id, o.seq, s.seq) AS what
FROM orders AS o LEFT JOIN session AS s ON s.id = o.session_id
WHERE (s.id IS NULL OR o.seq > s.seq) AND ($1::text IS NULL OR o.session_id = $1)

-- name: log_has_no_gap
SELECT s.id AS session_id, format('head is %s, the log has %s events up to %s',
                                  s.head_offset, count(e."offset"), coalesce(max(e."offset"), 0))
    AS what
FROM session AS s LEFT JOIN event AS e ON e.session_id = s.id
WHERE $1::text IS NULL OR s.id = $1
GROUP BY s.id, s.head_offset
HAVING count(e."offset") <> s.head_offset OR coalesce(max(e."offset"), 0) <> s.head_offset

-- name: event_knows_its_offset
SELECT session_id, format('event %s says that it is %s', "offset",
                          coalesce(body ->> 'offset', 'nothing')) AS what
FROM event
WHERE body ->> 'offset' IS DISTINCT FROM "offset"::text AND ($1::text IS NULL OR session_id = $1)

-- name: status_is_logged
WITH logged AS (
    SELECT DISTINCT ON (session_id) session_id, type FROM event
    WHERE type IN ('session.started', 'session.paused', 'session.resumed', 'session.ended')
      AND ($1::text IS NULL OR session_id = $1)
    ORDER BY session_id, "offset" DESC
)
SELECT s.id AS session_id,
       format('it is %s, its log says %s', s.status, coalesce(l.type, 'nothing')) AS what
FROM session AS s LEFT JOIN logged AS l ON l.session_id = s.id
WHERE s.status NOT IN (
    SELECT unnest(CASE l.type
        WHEN 'session.started' THEN ARRAY['live'] WHEN 'session.resumed' THEN ARRAY['live']
        WHEN 'session.paused' THEN ARRAY['paused'] WHEN 'session.ended' THEN ARRAY['ended']
        ELSE ARRAY['draft', 'scheduled'] END)
) AND ($1::text IS NULL OR s.id = $1)

-- name: money_has_an_end
-- A payment that a crash left half done is finished by whoever finds it.
SELECT o.session_id,
       format('payment %s of order %s was received and no more',
              substr(p.id, strpos(p.id, chr(31)) + 1), p.order_id) AS what
FROM payment AS p JOIN orders AS o ON o.id = p.order_id
WHERE p.status = 'received' AND ($1::text IS NULL OR o.session_id = $1)

-- name: applied_money_has_its_order
SELECT o.session_id, format('payment %s of %s is applied, order %s is %s over %s',
                            substr(p.id, strpos(p.id, chr(31)) + 1), p.amount,
                            o.id, o.status, o.total) AS what
FROM payment AS p JOIN orders AS o ON o.id = p.order_id
WHERE p.status = 'applied' AND (o.status <> 'confirmed' OR o.total <> p.amount)
  AND ($1::text IS NULL OR o.session_id = $1)

-- name: payment_is_its_shops
-- A payment is stored under the id that it was given, or behind its shop and chr(31), and once.
WITH behind AS (
    SELECT o.session_id, p.order_id, s.shop, left(p.id, strpos(p.id, chr(31)) - 1) AS said,
           substr(p.id, strpos(p.id, chr(31)) + 1) AS given
    FROM payment AS p
    JOIN orders AS o ON o.id = p.order_id JOIN session AS s ON s.id = o.session_id
    WHERE strpos(p.id, chr(31)) > 0 AND ($1::text IS NULL OR s.id = $1)
)
SELECT session_id, format('payment %s of order %s is stored as one of the shop “%s”, not “%s”',
                          given, order_id, said, shop) AS what
FROM behind WHERE said <> coalesce(shop, '')
UNION ALL
SELECT b.session_id, format('payment %s of order %s is also stored as one of order %s',
                            b.given, b.order_id, p.order_id)
FROM behind AS b JOIN payment AS p ON p.id = b.given
JOIN orders AS o ON o.id = p.order_id JOIN session AS s ON s.id = o.session_id
WHERE s.shop IS NOT DISTINCT FROM b.shop

-- name: order_has_its_money
SELECT o.session_id, format('order %s is %s without a payment', o.id, o.status) AS what
FROM orders AS o JOIN session AS s ON s.id = o.session_id
WHERE s.payment = 'checkout' AND o.status = 'confirmed' AND o.total > 0
  AND NOT EXISTS (SELECT FROM payment AS p WHERE p.order_id = o.id AND p.status = 'applied')
  AND ($1::text IS NULL OR s.id = $1)

-- name: cancelled_money_is_due
-- In a session paid elsewhere only what was paid has been confirmed, and can be cancelled.
SELECT o.session_id, format('order %s is %s, its money is not %s', o.id, o.status,
                            CASE o.status WHEN 'refunded' THEN 'refunded' ELSE 'refund_due' END)
    AS what
FROM orders AS o JOIN session AS s ON s.id = o.session_id
WHERE s.payment = 'checkout' AND o.status IN ('cancelled', 'refunded') AND o.total > 0
  AND NOT EXISTS (
      SELECT FROM payment AS p WHERE p.order_id = o.id AND p.reason = 'cancelled'
      AND p.status = CASE o.status WHEN 'refunded' THEN 'refunded' ELSE 'refund_due' END)
  AND ($1::text IS NULL OR s.id = $1)

-- name: order_is_in_its_currency
SELECT o.session_id, format('order %s is in %s, the session in %s', o.id, o.currency, s.currency)
    AS what
FROM orders AS o JOIN session AS s ON s.id = o.session_id
WHERE o.currency <> s.currency AND ($1::text IS NULL OR s.id = $1)

-- name: pending_ends
SELECT session_id, format('order %s waits for money since before its deadline, %s',
                          id, pay_until_ms) AS what
FROM orders
WHERE status = 'pending' AND pay_until_ms < $2 AND ($1::text IS NULL OR session_id = $1)
