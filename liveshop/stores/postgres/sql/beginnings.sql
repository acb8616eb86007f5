-- Sessions that begin with a shelf: they are stored together with their first events and units.

-- name: one_at_a_time
-- Let only one transaction plan the copies of a session; the session itself sells on. $1 its id
SELECT pg_advisory_xact_lock(1886151022, hashtext($1))

-- name: allocated
-- Read how many units of each SKU a session has been given in all, sold and returned ones too.
-- $1 session, $2 and $3 from and before which names of causes
SELECT sku, sum(-delta)::bigint AS units FROM stock_ledger
WHERE event_id >= $2 AND event_id < $3 AND session_id = $1 AND reason = 'allocated'
GROUP BY sku
