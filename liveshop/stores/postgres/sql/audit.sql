-- What the audit asks of Postgres: each query returns one line of text for each finding. They
-- share nothing with the purchase path but the tables. Their names begin with the promise.

-- name: p1_sold_within_units
SELECT format('session %s: row %s has sold %s of %s', session_id, "row", sold, units)
FROM stock WHERE sold NOT BETWEEN 0 AND units

-- name: p1_sold_is_ordered
WITH line AS (
    SELECT o.session_id, l.sku, l.sale, l.qty
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id WHERE o.status = 'confirmed'
), ordered AS (
    SELECT session_id, 's' || sku AS "row", sum(qty) AS n FROM line GROUP BY 1, 2
    UNION ALL
    SELECT session_id, sale, sum(qty) FROM line WHERE sale <> '' GROUP BY 1, 2
)
SELECT format('session %s: row %s says %s sold, its orders say %s',
              session_id, "row", coalesce(t.sold::text, 'nothing'), coalesce(o.n, 0))
FROM stock AS t FULL JOIN ordered AS o USING (session_id, "row")
WHERE t.sold IS DISTINCT FROM coalesce(o.n, 0) AND NOT (t.sold IS NULL AND "row" LIKE '@%')

-- name: p1_quota_is_ordered
WITH line AS (
    SELECT o.session_id, o.buyer, l.sku, l.sale, l.qty, l.sale_limit
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id WHERE o.status = 'confirmed'
), ordered AS (
    SELECT session_id, buyer, 's' || sku AS scope, sum(qty) AS n FROM line GROUP BY 1, 2, 3
    UNION ALL
    SELECT session_id, buyer, sale, sum(qty) FROM line WHERE sale_limit IS NOT NULL GROUP BY 1, 2, 3
)
SELECT format('session %s: %s counts as having bought %s of %s, by orders %s',
              session_id, buyer, coalesce(q.bought, 0), scope, coalesce(o.n, 0))
FROM buyer_quota AS q FULL JOIN ordered AS o USING (session_id, buyer, scope)
WHERE coalesce(q.bought, 0) <> coalesce(o.n, 0)

-- name: p1_quota_within_limit
SELECT format('session %s: %s has bought %s of %s, the limit was %s',
              session_id, buyer, bought, scope, cap)
FROM buyer_quota WHERE bought NOT BETWEEN 0 AND cap

-- name: p1_catalogue_adds_up
WITH moved AS (SELECT sku, sum(delta) AS n FROM stock_ledger GROUP BY sku)
SELECT format('SKU %s: stock is %s, imported %s and moved %s',
              v.sku, v.stock, v.imported_stock, coalesce(m.n, 0))
FROM variant AS v LEFT JOIN moved AS m USING (sku)
WHERE v.stock <> v.imported_stock + coalesce(m.n, 0) OR v.stock < 0

-- name: p1_allocation_adds_up
WITH moved AS (
    SELECT session_id, sku, -sum(delta) AS n FROM stock_ledger
    WHERE session_id IS NOT NULL GROUP BY 1, 2
)
SELECT format('session %s: SKU %s has %s units, the ledger says %s',
              session_id, sku, coalesce(t.units, 0), coalesce(m.n, 0))
FROM (SELECT * FROM stock WHERE sku IS NOT NULL) AS t FULL JOIN moved AS m USING (session_id, sku)
WHERE coalesce(t.units, 0) <> coalesce(m.n, 0)

-- name: p1_settled_keeps_nothing
SELECT format('session %s is settled and keeps %s units of row %s', s.id, t.units - t.sold, t."row")
FROM session AS s JOIN stock AS t ON t.session_id = s.id WHERE s.settled AND t.units <> t.sold

-- name: p2_totals_add_up
WITH line AS (
    SELECT o.session_id, o.id, o.total, sum(l.qty) AS units
    FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
    WHERE o.status = 'confirmed' GROUP BY 1, 2, 3
), summed AS (
    SELECT session_id, count(*) AS orders, sum(units) AS units, sum(total) AS revenue
    FROM line GROUP BY 1
)
SELECT format('session %s counts %s orders, %s units, %s money; its orders say %s, %s, %s',
              s.id, s.orders, s.units, s.revenue,
              coalesce(m.orders, 0), coalesce(m.units, 0), coalesce(m.revenue, 0))
FROM session AS s LEFT JOIN summed AS m ON m.session_id = s.id
WHERE (s.orders, s.units, s.revenue)
    <> (coalesce(m.orders, 0), coalesce(m.units, 0), coalesce(m.revenue, 0))

-- name: p2_order_adds_up
SELECT format('order %s: total is %s, its lines say %s',
              o.id, o.total, coalesce(sum(l.qty * l.price), -1))
FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
WHERE o.args_hash IS NOT NULL
GROUP BY o.id, o.total HAVING o.total <> coalesce(sum(l.qty * l.price), -1)

-- name: p2_orders_are_numbered
SELECT format('order %s of session %s has number %s, the newest is %s',
              o.id, o.session_id, o.seq, s.seq)
FROM orders AS o LEFT JOIN session AS s ON s.id = o.session_id
WHERE s.id IS NULL OR o.seq > s.seq

-- name: p2_log_has_no_gap
SELECT format('session %s: head is %s, the log has %s events up to %s',
              s.id, s.head_offset, count(e."offset"), coalesce(max(e."offset"), 0))
FROM session AS s LEFT JOIN event AS e ON e.session_id = s.id
GROUP BY s.id, s.head_offset
HAVING count(e."offset") <> s.head_offset OR coalesce(max(e."offset"), 0) <> s.head_offset

-- name: p3_money_has_an_end
-- A payment that a crash left half done is finished by whoever finds it.
SELECT format('payment %s of order %s was received and no more', id, order_id)
FROM payment WHERE status = 'received'

-- name: p3_applied_money_has_its_order
SELECT format('payment %s of %s is applied, order %s is %s over %s',
              p.id, p.amount, o.id, o.status, o.total)
FROM payment AS p JOIN orders AS o ON o.id = p.order_id
WHERE p.status = 'applied' AND (o.status <> 'confirmed' OR o.total <> p.amount)

-- name: p3_order_has_its_money
SELECT format('order %s is %s without a payment', o.id, o.status)
FROM orders AS o JOIN session AS s ON s.id = o.session_id
WHERE s.payment = 'checkout' AND o.status = 'confirmed'
  AND NOT EXISTS (SELECT FROM payment AS p WHERE p.order_id = o.id AND p.status = 'applied')

-- name: p4_pending_ends
-- $1 the instant before which a deadline should have been noticed
SELECT format('order %s waits for money since before its deadline, %s', id, pay_until_ms)
FROM orders WHERE status = 'pending' AND pay_until_ms < $1

-- name: redis_sessions
-- Which sessions Redis may sell, and in which epoch.
SELECT id, stock_epoch FROM session
WHERE NOT settled AND status IN ('live', 'paused', 'ended') ORDER BY id

-- name: redis_rows
SELECT "row", units, sold, version FROM stock WHERE session_id = $1

-- name: redis_bought
SELECT buyer, scope, bought, version FROM buyer_quota WHERE session_id = $1

-- name: redis_totals
SELECT orders, units, revenue FROM session WHERE id = $1
