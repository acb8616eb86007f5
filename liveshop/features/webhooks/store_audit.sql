-- The audit's questions about webhooks, each a check of store_audit.py, as in
-- stores/audit/books.sql. $1 one session, or null for all

-- name: delivery_has_an_end
-- A delivery that waits is due at some time: otherwise no worker would ever look for it. Both are
-- said in one statement.
SELECT m.session_id, format('message %s waits for the webhook %s, which is never due', m.id, w.id)
           AS what
FROM webhook AS w
JOIN webhook_delivery AS d ON d.webhook_id = w.id AND d.state = 'waiting'
JOIN message AS m ON m.number = d.number
WHERE w.state = 'on' AND w.due_ms IS NULL
  AND ($1::text IS NULL OR m.session_id = $1)
