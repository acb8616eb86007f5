-- Deliveries: how they come about, whose turn it is, and what came of them.

-- name: take_turn
-- Take the lock under which deliveries are made; no row if another worker has it.
SELECT number FROM webhook_cursor FOR UPDATE SKIP LOCKED

-- name: newest
-- Read the number of the last of some messages, fewer if many webhooks may hear of each, and that
-- of the newest of all. $1 after this number, $2 how many, $3 how many deliveries they may come to
WITH hear AS (
    SELECT session_id, shop, count(*) AS n FROM webhook WHERE state <> 'off'
    GROUP BY session_id, shop
), most AS (
    SELECT coalesce(sum(n) FILTER (WHERE session_id IS NULL AND shop IS NULL), 0)
         + coalesce(max(n) FILTER (WHERE session_id IS NULL AND shop IS NOT NULL), 0)
         + coalesce((SELECT max(m) FROM (
               SELECT sum(n) AS m FROM hear WHERE session_id IS NOT NULL GROUP BY session_id
           ) AS each), 0) AS n
    FROM hear
)
SELECT max(number) AS number, (SELECT number FROM feed) AS newest
FROM (
    SELECT number FROM message WHERE number > $1 ORDER BY number
    LIMIT least($2, greatest(1, $3 / (1 + (SELECT n FROM most))))
) AS few

-- name: fan_out
-- Make the deliveries of messages, and say that their webhooks are due. A test of a webhook is for
-- it only; its end is told to all others. One that is removed meanwhile is left out, or this would
-- fail for all. Their rows are locked in the order in which `lock_leased` takes some of them.
-- Webhooks of one session or one shop are joined by its name: messages times webhooks would be too
-- many to look at. $1 after this number, $2 up to this one, $3 now_ms
WITH told AS MATERIALIZED (
    SELECT number, subject, type, session_id, shop, split_part(type, '.', 1) || '.*' AS any_of_it
    FROM message WHERE number > $1 AND number <= $2
), of_session AS (
    SELECT w.id, m.number, m.subject, w.state
    FROM told AS m JOIN webhook AS w ON w.session_id = m.session_id
    WHERE (w.shop IS NULL OR w.shop = m.shop)
      AND m.number > w.since AND w.state <> 'off' AND m.type <> 'ping'
      AND w.types && ARRAY['*', m.type, m.any_of_it]
    FOR KEY SHARE OF w
), of_shop AS (
    SELECT w.id, m.number, m.subject, w.state
    FROM told AS m JOIN webhook AS w ON w.shop = m.shop
    WHERE w.session_id IS NULL AND m.subject <> 'webhook/' || w.id
      AND m.number > w.since AND w.state <> 'off' AND m.type <> 'ping'
      AND w.types && ARRAY['*', m.type, m.any_of_it]
    FOR KEY SHARE OF w
), of_all AS (
    SELECT w.id, m.number, m.subject, w.state
    FROM told AS m JOIN webhook AS w
      ON m.subject = 'system' OR (w.shop IS NULL AND w.session_id IS NULL)
    WHERE m.subject <> 'webhook/' || w.id
      AND m.number > w.since AND w.state <> 'off' AND m.type <> 'ping'
      AND w.types && ARRAY['*', m.type, m.any_of_it]
    FOR KEY SHARE OF w
), tests AS (
    SELECT w.id, m.number, m.subject, w.state
    FROM told AS m JOIN webhook AS w ON w.id = split_part(m.subject, '/', 2)
    WHERE m.type = 'ping' AND m.number > w.since AND w.state <> 'off'
    FOR KEY SHARE OF w
), wanted AS (
    SELECT * FROM of_session UNION ALL SELECT * FROM of_shop
    UNION ALL SELECT * FROM of_all UNION ALL SELECT * FROM tests
), made AS (
    INSERT INTO webhook_delivery (webhook_id, number, subject, state, next_ms)
    SELECT id, number, subject, CASE state WHEN 'disabled' THEN 'parked' ELSE 'waiting' END, $3
    FROM wanted
    ON CONFLICT (webhook_id, number) DO NOTHING
    RETURNING webhook_id, state
), locked AS (
    SELECT id FROM webhook
    WHERE state = 'on' AND id IN (SELECT webhook_id FROM made WHERE state = 'waiting')
    ORDER BY id FOR NO KEY UPDATE
), due AS (
    UPDATE webhook AS w SET due_ms = least(coalesce(w.due_ms, $3), $3)
    FROM locked WHERE w.id = locked.id AND w.state = 'on'
)
SELECT count(*) AS n FROM made

-- name: park
-- Park those of webhooks that were given up while `fan_out` waited for their rows: it had read that
-- they were on. $1 after this number, $2 up to this one
UPDATE webhook_delivery AS d SET state = 'parked'
FROM webhook AS w
WHERE d.number > $1 AND d.number <= $2 AND d.state = 'waiting'
  AND w.id = d.webhook_id AND w.state = 'disabled'

-- name: move_cursor
UPDATE webhook_cursor SET number = $1

-- name: lease
-- Lease the webhooks that are most overdue, and read what of each is due. Of a subject in order
-- only the earliest that waits is, so that one is in flight. $1 now_ms, $2 until when, $3 how many
-- webhooks, $4 the lease, $5 webhooks that are slow, $6 how many of these
WITH quick AS (
    SELECT id FROM webhook
    WHERE state = 'on' AND due_ms IS NOT NULL AND due_ms <= $1 AND lease_until_ms <= $1
      AND id <> ALL($5)
    ORDER BY due_ms LIMIT $3
    FOR NO KEY UPDATE SKIP LOCKED
), slow AS (
    SELECT id FROM webhook
    WHERE state = 'on' AND due_ms IS NOT NULL AND due_ms <= $1 AND lease_until_ms <= $1
      AND id = ANY($5)
    ORDER BY due_ms LIMIT $6
    FOR NO KEY UPDATE SKIP LOCKED
), due AS (
    SELECT id FROM quick UNION ALL SELECT id FROM slow
), leased AS (
    UPDATE webhook AS w SET lease_until_ms = $2, lease = $4
    FROM due WHERE w.id = due.id
    RETURNING w.*
)
SELECT w.id, w.url, w.master, w.sealed_key, w.secret, w.old_master, w.old_sealed_key, w.old_secret,
       w.old_until_ms, w.concurrency, d.number, d.tries, m.id AS message_id, m.body
FROM leased AS w
LEFT JOIN LATERAL (
    SELECT d.number, d.tries FROM webhook_delivery AS d
    WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.next_ms <= $1
      AND (w.ordering = 'none' OR NOT EXISTS (
          SELECT FROM webhook_delivery AS e
          WHERE e.webhook_id = w.id AND e.state = 'waiting' AND e.subject = d.subject
            AND e.number < d.number
      ))
    ORDER BY d.next_ms, d.number LIMIT 2 * w.concurrency
) AS d ON true
LEFT JOIN message AS m ON m.number = d.number
ORDER BY w.id, d.number

-- name: lock_leased
-- Lock webhooks, before what they have to do is looked at again: deliveries that come meanwhile
-- wait for these locks to say that they are due. $1 webhooks
SELECT id, lease, state, concurrency, successes, failures, failing_since_ms FROM webhook
WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE

-- name: mark
-- Say what came of deliveries. One that is no longer waiting stays as it is. $1 now_ms,
-- $2 webhooks, $3 numbers, $4 states, $5 when the next tries are due, $6 statuses, $7 how long they
-- took, $8 answers
UPDATE webhook_delivery AS d
SET state = t.state, tries = d.tries + 1, next_ms = t.next_ms, tried_ms = $1, status = t.status,
    took_ms = t.took_ms, answer = t.answer
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::text[])
    AS t (webhook_id, number, state, next_ms, status, took_ms, answer)
WHERE d.webhook_id = t.webhook_id AND d.number = t.number AND d.state = 'waiting'

-- name: hand_back
-- Give leases back, and say when the next deliveries are due, to be called under the locks.
-- $1 webhooks, $2 concurrencies, $3 successes, $4 failures, $5 failing since
UPDATE webhook AS w
SET lease = NULL, lease_until_ms = 0, concurrency = t.concurrency, successes = t.successes,
    failures = t.failures, failing_since_ms = t.failing_since_ms,
    due_ms = (
        SELECT min(d.next_ms) FROM webhook_delivery AS d
        WHERE d.webhook_id = w.id AND d.state = 'waiting'
          AND (w.ordering = 'none' OR NOT EXISTS (
              SELECT FROM webhook_delivery AS e
              WHERE e.webhook_id = w.id AND e.state = 'waiting' AND e.subject = d.subject
                AND e.number < d.number
          ))
    )
FROM unnest($1::text[], $2::int[], $3::int[], $4::int[], $5::bigint[])
    AS t (id, concurrency, successes, failures, failing_since_ms)
WHERE w.id = t.id
RETURNING w.id, w.due_ms

-- name: say_when_due
-- Say when the next delivery of a webhook is due; to be called under its lock. $1 webhook
UPDATE webhook AS w SET due_ms = (
    SELECT min(d.next_ms) FROM webhook_delivery AS d
    WHERE d.webhook_id = w.id AND d.state = 'waiting'
      AND (w.ordering = 'none' OR NOT EXISTS (
          SELECT FROM webhook_delivery AS e
          WHERE e.webhook_id = w.id AND e.state = 'waiting' AND e.subject = d.subject
            AND e.number < d.number
      ))
)
WHERE id = $1

-- name: disable
-- Give a webhook up; what waits for it is kept. $1 webhook
WITH parked AS (
    UPDATE webhook_delivery SET state = 'parked' WHERE webhook_id = $1 AND state = 'waiting'
)
UPDATE webhook SET state = 'disabled', due_ms = NULL WHERE id = $1 RETURNING shop, url

-- name: overview
-- Read how far behind the most overdue webhook is, and how many are given up. $1 now_ms
SELECT coalesce(max($1 - due_ms) FILTER (WHERE state = 'on' AND due_ms <= $1), 0) AS lag_ms,
       count(*) FILTER (WHERE state = 'disabled') AS disabled
FROM webhook
