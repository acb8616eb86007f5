-- The change feed: from the logs of sessions and the outbox to messages.

-- name: behind
-- Read which sessions that are on have orders or events that are not told. $1 how many, $2 after
-- this session
SELECT s.id FROM session AS s LEFT JOIN feed_cursor AS c ON c.session_id = s.id
WHERE NOT s.settled AND s.status IN ('live', 'paused', 'ended') AND s.id > $2
  AND (s.seq > coalesce(c.seq, 0) OR s.head_offset > coalesce(c."offset", 0))
ORDER BY s.id LIMIT $1

-- name: behind_anywhere
-- The same of all sessions, also those before and after their show. $1 how many, $2 after this one
SELECT s.id FROM session AS s LEFT JOIN feed_cursor AS c ON c.session_id = s.id
WHERE s.id > $2
  AND (s.seq > coalesce(c.seq, 0) OR s.head_offset > coalesce(c."offset", 0))
ORDER BY s.id LIMIT $1

-- name: take_turn
-- Take the lock of the feed; no row if another worker has it.
SELECT number FROM feed FOR UPDATE SKIP LOCKED

-- name: restored
-- Read whether a worker has told that PostgreSQL was restored, and how often before. $1 the type of
-- that message, $2 since this instant
SELECT EXISTS (SELECT FROM message WHERE type = $1 AND made_ms > $2) AS told,
       coalesce((SELECT steps FROM feed_subject WHERE subject = 'system'), 0) AS steps

-- name: position
-- Read how far a session is, and how far it is told. To be read before its orders and events: what
-- is numbered up to here was committed before. $1 session
SELECT s.shop, s.seq, s.head_offset, coalesce(c.seq, 0) AS told_seq,
       coalesce(c."offset", 0) AS told_offset
FROM session AS s LEFT JOIN feed_cursor AS c ON c.session_id = s.id WHERE s.id = $1

-- name: orders_after
-- Read orders in the order of their last change, a row for each line, with how many steps of each
-- were told. $1 session, $2 after this seq, $3 how many
WITH page AS (
    SELECT * FROM orders WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
)
SELECT o.id, o.session_id, o.buyer, o.status, o.total, o.currency, o.at_ms, o.seq, o.pay_until_ms,
       o.args_hash IS NOT NULL AS was_made, coalesce(o.given_up, o.void_code) AS reason,
       coalesce(t.steps, 0) AS told, NULL::jsonb AS why, ARRAY[]::record[] AS charges,
       l.rid, l.sku, l.qty, l.price, coalesce(l.final, l.price * l.qty) AS final, l.sale, l.memo
FROM page AS o
LEFT JOIN feed_subject AS t ON t.subject = 'order/' || o.id
LEFT JOIN order_line AS l ON l.order_id = o.id
ORDER BY o.seq, l.rid

-- name: events_after
-- Read events. $1 session, $2 after this offset, $3 how many
SELECT body FROM event WHERE session_id = $1 AND "offset" > $2 ORDER BY "offset" LIMIT $3

-- name: move_cursor
-- Say how far a session is told. $1 session, $2 seq, $3 offset
INSERT INTO feed_cursor (session_id, seq, "offset") VALUES ($1, $2, $3)
ON CONFLICT (session_id) DO UPDATE SET seq = excluded.seq, "offset" = excluded."offset"

-- name: take_outbox
-- Take what features have told. Rows of a transaction that is younger than any that still runs
-- wait: an older one may yet commit before them. Of one subject ids follow the lock that its
-- tellers hold, and transactions may have begun in another order: none is taken before an id that
-- is lower. $1 how many
WITH bound AS (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid
), taken AS (
    DELETE FROM outbox WHERE id IN (
        SELECT o.id FROM outbox AS o
        WHERE o.xid < (SELECT xid FROM bound) AND NOT EXISTS (
            SELECT FROM outbox AS e
            WHERE e.subject = o.subject AND e.id < o.id AND e.xid >= (SELECT xid FROM bound)
        )
        ORDER BY o.id LIMIT $1
    ) RETURNING *
)
SELECT k.id, k.subject, k.type, k.session_id, k.shop, k.at_ms, k.data,
       coalesce(t.steps, 0) AS told
FROM taken AS k LEFT JOIN feed_subject AS t ON t.subject = k.subject
ORDER BY k.id

-- name: count_steps
-- Say how many steps of subjects are told. $1 subjects, $2 steps
INSERT INTO feed_subject (subject, steps) SELECT * FROM unnest($1::text[], $2::int[])
ON CONFLICT (subject) DO UPDATE SET steps = excluded.steps

-- name: insert_messages
-- Write messages, to be called under the lock of the feed. $1 the last number, $2 now_ms, $3 ids,
-- $4 types, $5 subjects, $6 sequences, $7 sessions, $8 shops, $9 bodies
WITH made AS (
    INSERT INTO message (number, id, type, subject, sequence, session_id, shop, made_ms, body)
    SELECT $1 + n, id, type, subject, sequence, session_id, shop, $2, body
    FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
                $9::bytea[])
        WITH ORDINALITY AS m (id, type, subject, sequence, session_id, shop, body, n)
)
UPDATE feed SET number = $1 + cardinality($3)

-- name: reach
-- Read up to which message one request looks, null where there is none, and the number of the
-- newest. $1 after this number, $2 how many
SELECT (SELECT number FROM feed) AS newest, max(number) AS number
FROM (SELECT number FROM message WHERE number > $1 ORDER BY number LIMIT $2) AS few

-- name: changes
-- Read messages. $1 after this number, $2 how many, $3 patterns of types, null for all, $4 the
-- shop, null for all, $5 up to this number
SELECT number, body FROM message
WHERE number > $1 AND number <= $5
  AND ($3::text[] IS NULL OR type = ANY($3) OR split_part(type, '.', 1) || '.*' = ANY($3))
  AND ($4::text IS NULL OR shop = $4 OR subject = 'system')
ORDER BY number LIMIT $2

-- name: forget
-- Delete messages that were made before an instant, the oldest first, with what hangs on them.
-- $1 the instant, $2 how many
DELETE FROM message WHERE number IN (
    SELECT number FROM message WHERE made_ms < $1 ORDER BY made_ms, number LIMIT $2
)
RETURNING number

-- name: told
-- Keep what a feature tells, in the transaction of what it tells of. $1 subject, $2 type, $3
-- session, $4 shop, $5 at_ms, $6 data
INSERT INTO outbox (subject, type, session_id, shop, at_ms, data) VALUES ($1, $2, $3, $4, $5, $6)
