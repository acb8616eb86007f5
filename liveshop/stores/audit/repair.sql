-- How a repair computes again what a check found wrong: each statement has the check's name, takes
-- a session ($1, under the lock of its row) and returns what it did, a line for each change. It
-- does not touch what is right, what it cannot compute, or what a constraint would refuse: it is
-- tried on every session in which anything is wrong.

-- name: lock
-- $1 session
SELECT FROM session WHERE id = $1 FOR UPDATE

-- name: allocation_adds_up
WITH moved AS (
    SELECT sku, -sum(delta) AS n FROM stock_ledger WHERE session_id = $1 GROUP BY sku
), wrong AS (
    SELECT m.sku, m.n::int AS n, coalesce(t.units, 0) AS was
    FROM moved AS m LEFT JOIN stock AS t ON t.session_id = $1 AND t.sku = m.sku
    WHERE coalesce(t.units, 0) <> m.n AND m.n >= coalesce(t.sold, 0)
), agreed AS (
    -- Where the catalogue disagrees with the ledger too, it may be the ledger that is wrong.
    SELECT v.sku FROM variant AS v JOIN wrong AS w ON w.sku = v.sku
    WHERE v.stock = v.imported_stock + (SELECT sum(delta) FROM stock_ledger WHERE sku = v.sku)
)
INSERT INTO stock AS t (session_id, "row", sku, units)
SELECT $1, 's' || sku, sku, n FROM wrong JOIN agreed USING (sku)
ON CONFLICT (session_id, "row") DO UPDATE SET units = excluded.units, version = t.version + 1
RETURNING format('SKU %s: units %s → %s', t.sku,
                 (SELECT was FROM wrong WHERE sku = t.sku), t.units)

-- name: sold_is_ordered
WITH line AS (
    SELECT l.sku, l.sale, l.qty FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    WHERE o.session_id = $1 AND o.status = 'confirmed'
), ordered AS (
    SELECT 's' || sku AS "row", sum(qty)::int AS n FROM line GROUP BY 1
    UNION ALL
    SELECT "row", sum(n)::int FROM (
        SELECT sale AS "row", qty AS n FROM line WHERE sale <> ''
        UNION ALL
        SELECT c."row", c.n FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
        WHERE o.session_id = $1 AND o.status = 'confirmed'
    ) AS taken GROUP BY 1
), wrong AS (
    SELECT t."row", t.sold AS was, coalesce(o.n, 0) AS n
    FROM stock AS t LEFT JOIN ordered AS o USING ("row")
    WHERE t.session_id = $1 AND t.sold <> coalesce(o.n, 0) AND coalesce(o.n, 0) <= t.units
)
UPDATE stock AS t SET sold = w.n, version = t.version + 1
FROM wrong AS w WHERE t.session_id = $1 AND t."row" = w."row"
RETURNING format('row %s: sold %s → %s', t."row", w.was, t.sold)

-- name: quota_is_ordered
-- The limit of a count is what the newest order said, or the highest that one of its orders says.
WITH line AS (
    SELECT o.buyer, l.sku, l.sale, l.qty, l.sku_limit, l.sale_limit
    FROM orders AS o JOIN order_line AS l ON l.order_id = o.id
    WHERE o.session_id = $1 AND o.status = 'confirmed'
), ordered AS (
    SELECT 's' || sku AS scope, buyer, sum(qty)::int AS n, max(sku_limit) AS cap
    FROM line GROUP BY 1, 2
    UNION ALL
    SELECT "row", buyer, sum(n)::int, max(cap) FROM (
        SELECT sale AS "row", buyer, qty AS n, sale_limit AS cap
        FROM line WHERE sale_limit IS NOT NULL
        UNION ALL
        SELECT c."row", o.buyer, c.n, c.cap
        FROM orders AS o JOIN order_charge AS c ON c.order_id = o.id
        WHERE o.session_id = $1 AND o.status = 'confirmed' AND c.cap IS NOT NULL
    ) AS taken GROUP BY 1, 2
), counted AS (
    SELECT scope, buyer, bought, cap FROM buyer_quota WHERE session_id = $1
), wrong AS (
    SELECT scope, buyer, coalesce(q.bought, 0) AS was, coalesce(o.n, 0) AS n,
           CASE WHEN coalesce(o.n, 0) <= q.cap THEN q.cap ELSE o.cap END AS cap
    FROM counted AS q FULL JOIN ordered AS o USING (scope, buyer)
    WHERE coalesce(q.bought, 0) <> coalesce(o.n, 0) OR q.bought > q.cap
)
INSERT INTO buyer_quota AS q (session_id, scope, buyer, bought, cap)
SELECT $1, scope, buyer, n, cap FROM wrong WHERE n <= cap
ON CONFLICT (session_id, scope, buyer) DO UPDATE
    SET bought = excluded.bought, cap = excluded.cap, version = q.version + 1
RETURNING format('what %s bought of %s: %s → %s', q.buyer, q.scope,
                 (SELECT was FROM wrong AS w WHERE w.scope = q.scope AND w.buyer = q.buyer),
                 q.bought)

-- name: totals_add_up
WITH line AS (
    SELECT o.id, o.total, sum(l.qty) AS units
    FROM orders AS o LEFT JOIN order_line AS l ON l.order_id = o.id
    WHERE o.session_id = $1 AND o.status = 'confirmed' GROUP BY 1, 2
), summed AS (
    SELECT count(*) AS orders, coalesce(sum(units), 0) AS units, coalesce(sum(total), 0) AS revenue
    FROM line
), was AS (
    SELECT orders, units, revenue FROM session WHERE id = $1
)
UPDATE session AS s SET orders = m.orders, units = m.units, revenue = m.revenue, seq = s.seq + 1
FROM summed AS m, was
WHERE s.id = $1 AND (s.orders, s.units, s.revenue) <> (m.orders, m.units, m.revenue)
RETURNING format('orders %s → %s, units %s → %s, revenue %s → %s',
                 was.orders, s.orders, was.units, s.units, was.revenue, s.revenue)

-- name: orders_are_numbered
WITH newest AS (SELECT max(seq) AS seq FROM orders WHERE session_id = $1),
was AS (SELECT seq FROM session WHERE id = $1)
UPDATE session AS s SET seq = n.seq FROM newest AS n, was
WHERE s.id = $1 AND s.seq < n.seq
RETURNING format('number of the newest change %s → %s', was.seq, s.seq)

-- name: log_has_no_gap
WITH log AS (SELECT count(*) AS n, max("offset") AS last FROM event WHERE session_id = $1),
was AS (SELECT head_offset FROM session WHERE id = $1)
UPDATE session AS s SET head_offset = log.last FROM log, was
WHERE s.id = $1 AND log.n = log.last AND s.head_offset <> log.last
RETURNING format('head %s → %s', was.head_offset, s.head_offset)

-- name: event_knows_its_offset
UPDATE event SET body = jsonb_set(body, '{offset}', to_jsonb("offset"))
WHERE session_id = $1 AND body ->> 'offset' IS DISTINCT FROM "offset"::text
RETURNING format('event %s says so again', "offset")

-- name: newest
-- $1 session
SELECT newest_ms FROM session WHERE id = $1

-- name: status_is_logged
WITH logged AS (
    SELECT CASE type WHEN 'session.paused' THEN 'paused' WHEN 'session.ended' THEN 'ended'
                     ELSE 'live' END AS status
    FROM event
    WHERE session_id = $1
      AND type IN ('session.started', 'session.paused', 'session.resumed', 'session.ended')
    ORDER BY "offset" DESC LIMIT 1
), was AS (
    SELECT status FROM session WHERE id = $1
)
UPDATE session AS s SET status = l.status
FROM logged AS l, was WHERE s.id = $1 AND NOT s.settled AND s.status <> l.status
RETURNING format('status %s → %s', was.status, s.status)

-- name: settled_keeps_nothing
UPDATE session SET settled = false
WHERE id = $1 AND settled
  AND EXISTS (SELECT FROM stock WHERE session_id = $1 AND units <> sold)
  AND NOT EXISTS (
    SELECT FROM stock AS t JOIN stock_ledger AS l ON l.session_id = t.session_id AND l.sku = t.sku
    WHERE t.session_id = $1 AND t.units > t.sold AND l.reason = 'returned'
)
RETURNING 'settled → not yet: a node gives what was not sold back'

-- name: raise_epoch
-- Have a node that keeps the session load Redis again; until then nothing is sold.
-- $1 session, $2 the epoch to go beyond
WITH was AS (SELECT stock_epoch FROM session WHERE id = $1)
UPDATE session AS s SET stock_epoch = greatest(s.stock_epoch, $2) + 1 FROM was
WHERE s.id = $1 AND NOT s.settled AND s.status IN ('live', 'paused', 'ended')
RETURNING format('epoch %s → %s: Redis is rebuilt from Postgres', was.stock_epoch, s.stock_epoch)

-- name: catalogue_adds_up
-- For the whole catalogue, or the SKUs of one session ($1, not locked). Where a session's units
-- disagree with the ledger too, it may be the ledger that is wrong.
WITH moved AS (
    SELECT sku, sum(delta) AS n FROM stock_ledger GROUP BY sku
), wrong AS (
    SELECT v.sku, v.stock AS was, v.imported_stock + coalesce(m.n, 0) AS n
    FROM variant AS v LEFT JOIN moved AS m USING (sku)
    WHERE v.stock <> v.imported_stock + coalesce(m.n, 0)
      AND v.imported_stock + coalesce(m.n, 0) >= 0
      AND ($1::text IS NULL OR EXISTS (
          SELECT FROM stock AS t WHERE t.session_id = $1 AND t.sku = v.sku))
), allocated AS (
    SELECT session_id, sku, -sum(delta) AS n FROM stock_ledger
    WHERE session_id IS NOT NULL AND sku IN (SELECT sku FROM wrong) GROUP BY 1, 2
), disagreed AS (
    SELECT sku FROM (SELECT * FROM stock WHERE sku IN (SELECT sku FROM wrong)) AS t
    FULL JOIN allocated AS a USING (session_id, sku)
    WHERE coalesce(t.units, 0) <> coalesce(a.n, 0)
), locked AS MATERIALIZED (
    SELECT sku FROM variant
    WHERE sku IN (SELECT sku FROM wrong) AND sku NOT IN (SELECT sku FROM disagreed)
    ORDER BY sku FOR UPDATE
)
UPDATE variant AS v SET stock = w.n FROM wrong AS w JOIN locked USING (sku) WHERE v.sku = w.sku
RETURNING format('SKU %s: stock %s → %s', v.sku, w.was, v.stock)
