-- The audit's questions about the change feed, each a check of store_audit.py, as in
-- stores/audit/books.sql. A step that no cursor has passed is none of theirs: it is yet to be told.
-- $1 one session, or null for all

-- name: message_for_each_step
SELECT o.session_id, format('order %s is %s, and %s of its steps were told', o.id, o.status,
                            coalesce(t.steps, 0)) AS what
FROM orders AS o
JOIN feed_cursor AS c ON c.session_id = o.session_id AND o.seq <= c.seq
LEFT JOIN feed_subject AS t ON t.subject = 'order/' || o.id
WHERE ($1::text IS NULL OR o.session_id = $1) AND o.args_hash IS NOT NULL
  AND coalesce(t.steps, 0) <> (o.pay_until_ms IS NOT NULL)::int
      + CASE o.status WHEN 'pending' THEN 0 WHEN 'confirmed' THEN 1 WHEN 'void' THEN 1
                      WHEN 'cancelled' THEN 2 ELSE 3 END

-- name: message_for_each_event
-- Of messages that are kept: older ones are deleted from the oldest on.
SELECT e.session_id, format('event %s was passed by, and is no message', e."offset") AS what
FROM event AS e
JOIN feed_cursor AS c ON c.session_id = e.session_id AND e."offset" <= c."offset"
WHERE ($1::text IS NULL OR e.session_id = $1)
  AND e."offset" > (
      SELECT min(m.sequence) FROM message AS m WHERE m.subject = 'session/' || e.session_id
  )
  AND NOT EXISTS (
      SELECT FROM message AS m
      WHERE m.subject = 'session/' || e.session_id AND m.sequence = e."offset"
  )
