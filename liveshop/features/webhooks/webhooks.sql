-- Webhooks as their owners see them. The times at which deliveries are due are in deliveries.sql.

-- name: one_at_a_time
-- Wait for others who make webhooks, so that none is counted too late.
SELECT pg_advisory_xact_lock(1752133483)

-- name: count
-- Count webhooks: all, and those of a shop. $1 the shop, null for none
SELECT count(*) AS whole, count(*) FILTER (WHERE shop = $1) AS own FROM webhook

-- name: create
-- Make a webhook, which hears of what comes from now on. $1 id, $2 shop, $3 url, $4 types, $5
-- session, $6 ordering, $7 now_ms, $8 master, $9 sealed key, $10 secret
INSERT INTO webhook (id, shop, url, types, session_id, ordering, state, since, created_ms, master,
                     sealed_key, secret)
SELECT $1, $2, $3, $4, $5, $6, 'on', number, $7, $8, $9, $10 FROM feed

-- name: read
-- Read webhooks, with how many of their deliveries wait, are dead and are parked, up to 10,000 of
-- each, and since when one waits. None that was taken is read for it: there are millions.
-- $1 a shop, null for all, $2 after this id, $3 how many, $4 one id, null for all
SELECT w.*, waiting.n AS waiting, waiting.since_ms AS waiting_since_ms, dead.n AS dead,
       parked.n AS parked
FROM (
    SELECT * FROM webhook
    WHERE ($1::text IS NULL OR shop = $1) AND id > $2 AND ($4::text IS NULL OR id = $4)
    ORDER BY id LIMIT $3
) AS w
CROSS JOIN LATERAL (
    SELECT count(*) AS n, (SELECT made_ms FROM message WHERE number = min(few.number)) AS since_ms
    FROM (
        SELECT number FROM webhook_delivery
        WHERE webhook_id = w.id AND state = 'waiting' LIMIT 10000
    ) AS few
) AS waiting
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM webhook_delivery
        WHERE webhook_id = w.id AND state = 'dead' AND state IN ('dead', 'aborted', 'parked')
        LIMIT 10000
    ) AS few
) AS dead
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM webhook_delivery
        WHERE webhook_id = w.id AND state = 'parked' AND state IN ('dead', 'aborted', 'parked')
        LIMIT 10000
    ) AS few
) AS parked
ORDER BY w.id

-- name: owner
-- Find the shop that a webhook belongs to. $1 id
SELECT shop FROM webhook WHERE id = $1

-- name: lock
-- Lock a webhook. $1 id
SELECT * FROM webhook WHERE id = $1 FOR UPDATE

-- name: change
-- Replace what its owner says of a webhook. One that is switched on again has
-- failed never yet. $1 id, $2 url, $3 types, $4 session, $5 ordering, $6 state
UPDATE webhook
SET url = $2, types = $3, session_id = $4, ordering = $5, state = $6,
    failures = CASE WHEN state = $6 THEN failures ELSE 0 END,
    failing_since_ms = CASE WHEN state = $6 THEN failing_since_ms END
WHERE id = $1

-- name: remove
DELETE FROM webhook WHERE id = $1

-- name: rotate
-- Put a new secret in place of the one that is there, which signs too until an instant.
-- $1 id, $2 master, $3 sealed key, $4 secret, $5 until when the old one signs
UPDATE webhook
SET old_master = master, old_sealed_key = sealed_key, old_secret = secret, old_until_ms = $5,
    master = $2, sealed_key = $3, secret = $4
WHERE id = $1

-- name: deliveries
-- Read deliveries, the newest first. $1 webhook, $2 before this number, null for all, $3 how many,
-- $4 a state, null for any
SELECT d.number, m.id AS message_id, m.type, d.subject, d.state, d.tries, d.next_ms, d.tried_ms,
       d.status, d.took_ms, d.answer
FROM webhook_delivery AS d JOIN message AS m USING (number)
WHERE d.webhook_id = $1 AND ($2::bigint IS NULL OR d.number < $2)
  AND ($4::text IS NULL OR d.state = $4)
ORDER BY d.number DESC LIMIT $3

-- name: undelivered
-- The same of one of the states of those that were not taken, which an index has.
SELECT d.number, m.id AS message_id, m.type, d.subject, d.state, d.tries, d.next_ms, d.tried_ms,
       d.status, d.took_ms, d.answer
FROM webhook_delivery AS d JOIN message AS m USING (number)
WHERE d.webhook_id = $1 AND ($2::bigint IS NULL OR d.number < $2)
  AND d.state = $4 AND d.state IN ('dead', 'aborted', 'parked')
ORDER BY d.number DESC LIMIT $3

-- name: tried
-- Read what came of the only message of a subject. $1 webhook, $2 subject
SELECT d.number, m.id AS message_id, m.type, d.subject, d.state, d.tries, d.next_ms, d.tried_ms,
       d.status, d.took_ms, d.answer
FROM message AS m JOIN webhook_delivery AS d ON d.webhook_id = $1 AND d.number = m.number
WHERE m.subject = $2 AND d.tries > 0

-- name: replay
-- Have deliveries wait again, from the oldest on. $1 webhook, $2 from and $3 to an instant at which
-- the messages were made, $4 states, $5 patterns of types, null for all, $6 now_ms, $7 how many,
-- $8 after this number
UPDATE webhook_delivery SET state = 'waiting', tries = 0, next_ms = $6
WHERE webhook_id = $1 AND number IN (
    SELECT d.number FROM webhook_delivery AS d JOIN message AS m USING (number)
    WHERE d.webhook_id = $1 AND d.number > $8 AND d.state = ANY($4)
      AND m.made_ms >= $2 AND m.made_ms < $3
      AND ($5::text[] IS NULL OR m.type = ANY($5) OR split_part(m.type, '.', 1) || '.*' = ANY($5))
    ORDER BY d.number LIMIT $7
)
RETURNING number

-- name: under_others
-- Read webhooks with a secret that is sealed under another master key. $1 the key, $2 after this
-- id, $3 how many
SELECT * FROM webhook
WHERE (master <> $1 OR old_master <> $1) AND id > $2 ORDER BY id LIMIT $3

-- name: sealed_again
-- Put secrets under another master key, if they are still the same. $1 id, $2 master, $3 sealed
-- key, $4 old master, $5 old sealed key, $6 the sealed key that was read
UPDATE webhook
SET master = $2, sealed_key = $3, old_master = $4, old_sealed_key = $5
WHERE id = $1 AND sealed_key = $6
