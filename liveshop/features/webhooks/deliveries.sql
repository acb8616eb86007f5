-- Deliveries: how they come about, whose turn it is, and what came of them.

-- name: take_turn
-- Take the lock under which deliveries are made; no row if another worker has it.
SELECT number FROM webhook_cursor FOR UPDATE SKIP LOCKED

-- name: newest
-- Read the number of the last of some messages. $1 after this number, $2 how many
SELECT max(number) AS number
FROM (SELECT number FROM message WHERE number > $1 ORDER BY number LIMIT $2) AS few

-- name: fan_out
-- Make the deliveries of messages, and say that their webhooks are due. A test of a webhook is for
-- it only; its end is told to all others. $1 after this number, $2 up to this one, $3 now_ms
WITH wanted AS (
    SELECT w.id, m.number, m.subject, w.state
    FROM message AS m JOIN webhook AS w
      ON m.number > w.since AND w.state <> 'off'
     AND (w.shop IS NULL OR w.shop = m.shop OR m.subject = 'system')
     AND CASE
             WHEN m.type = 'ping' THEN split_part(m.subject, '/', 2) = w.id
             WHEN m.subject = 'webhook/' || w.id THEN false
             ELSE (w.session_id IS NULL OR w.session_id = m.session_id OR m.subject = 'system')
              AND (m.type = ANY(w.types) OR '*' = ANY(w.types)
                   OR split_part(m.type, '.', 1) || '.*' = ANY(w.types))
         END
    WHERE m.number > $1 AND m.number <= $2
), made AS (
    INSERT INTO webhook_delivery (webhook_id, number, subject, state, next_ms)
    SELECT id, number, subject, CASE state WHEN 'disabled' THEN 'parked' ELSE 'waiting' END, $3
    FROM wanted
    ON CONFLICT (webhook_id, number) DO NOTHING
    RETURNING webhook_id, state
), due AS (
    UPDATE webhook SET due_ms = least(coalesce(due_ms, $3), $3)
    WHERE state = 'on' AND id IN (SELECT webhook_id FROM made WHERE state = 'waiting')
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
-- webhooks, $4 the lease
WITH due AS (
    SELECT id FROM webhook
    WHERE state = 'on' AND due_ms IS NOT NULL AND due_ms <= $1 AND lease_until_ms <= $1
    ORDER BY due_ms LIMIT $3
    FOR UPDATE SKIP LOCKED
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
-- Lock a webhook, before what it has to do is looked at again: deliveries that come meanwhile wait
-- for this lock to say that it is due. $1 webhook
SELECT lease, state, concurrency, successes, failures, failing_since_ms FROM webhook
WHERE id = $1 FOR UPDATE

-- name: mark
-- Say what came of deliveries. One that is no longer waiting stays as it is. $1 webhook, $2 now_ms,
-- $3 numbers, $4 states, $5 when the next tries are due, $6 statuses, $7 how long they took,
-- $8 answers
UPDATE webhook_delivery AS d
SET state = t.state, tries = d.tries + 1, next_ms = t.next_ms, tried_ms = $2, status = t.status,
    took_ms = t.took_ms, answer = t.answer
FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::text[])
    AS t (number, state, next_ms, status, took_ms, answer)
WHERE d.webhook_id = $1 AND d.number = t.number AND d.state = 'waiting'

-- name: hand_back
-- Give a lease back, and say when the next delivery is due, to be called under the lock.
-- $1 webhook, $2 concurrency, $3 successes, $4 failures, $5 failing since
UPDATE webhook AS w
SET lease = NULL, lease_until_ms = 0, concurrency = $2, successes = $3, failures = $4,
    failing_since_ms = $5,
    due_ms = (
        SELECT min(d.next_ms) FROM webhook_delivery AS d
        WHERE d.webhook_id = w.id AND d.state = 'waiting'
          AND (w.ordering = 'none' OR NOT EXISTS (
              SELECT FROM webhook_delivery AS e
              WHERE e.webhook_id = w.id AND e.state = 'waiting' AND e.subject = d.subject
                AND e.number < d.number
          ))
    )
WHERE id = $1
RETURNING due_ms

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
