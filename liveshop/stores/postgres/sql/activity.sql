-- The activity log: rows are added and never changed, but for the addresses that are forgotten.

-- name: add_activity
-- Add entries; one that is there already stays as it is.
-- $1 ids, $2 at_ms, $3 subjects, $4 names, $5 roles, $6 kinds, $7 actions, $8 objects, $9 sessions,
-- $10 shops, $11 outcomes, $12 addresses
INSERT INTO activity (activity_id, at_ms, subject, name, role, kind, action, object, session_id,
                      shop, outcome, address)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
ON CONFLICT (activity_id) DO NOTHING

-- name: page_of_activity
-- Read entries, the newest first. $1 below this number, $2 how many, $3 shop, $4 session,
-- $5 subject; null for all
SELECT number, activity_id, at_ms, subject, name, role, kind, action, object, session_id, shop,
       outcome, address
FROM activity
WHERE number < $1
  AND ($3::text IS NULL OR shop = $3)
  AND ($4::text IS NULL OR session_id = $4)
  AND ($5::text IS NULL OR subject = $5)
ORDER BY number DESC LIMIT $2

-- name: forget_addresses
-- Take the addresses out of old entries. $1 before this instant, $2 of how many
UPDATE activity SET address = NULL
WHERE number IN (
    SELECT number FROM activity WHERE address IS NOT NULL AND at_ms < $1 ORDER BY at_ms LIMIT $2
)
RETURNING number
