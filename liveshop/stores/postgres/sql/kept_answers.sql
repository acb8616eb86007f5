-- Answers to requests that named themselves by an Idempotency-Key, kept for a day.

-- name: claim
-- Take a key for a request; no row if another request has it. One from before an instant is over.
-- Without a status `answer` is a mark by which the one that took it knows its own.
-- $1 the caller, $2 the key, $3 a digest of the request, $4 now_ms, $5 the instant, $6 the mark
INSERT INTO kept_answer AS k (caller, key, request, at_ms, answer) VALUES ($1, $2, $3, $4, $6)
ON CONFLICT (caller, key) DO UPDATE
    SET request = excluded.request, at_ms = excluded.at_ms, status = NULL, answer = excluded.answer
    WHERE k.at_ms < $5
RETURNING key

-- name: read
-- Read what a key was used for. $1 the caller, $2 the key
SELECT request, status, answer FROM kept_answer WHERE caller = $1 AND key = $2

-- name: keep
-- Keep the answer. $1 the caller, $2 the key, $3 status, $4 answer
UPDATE kept_answer SET status = $3, answer = $4 WHERE caller = $1 AND key = $2

-- name: give_back
-- Give a key back, because nothing was done. $1 the caller, $2 the key
DELETE FROM kept_answer WHERE caller = $1 AND key = $2 AND status IS NULL

-- name: forget
-- Forget old answers. $1 before this instant, $2 how many
DELETE FROM kept_answer WHERE (caller, key) IN (
    SELECT caller, key FROM kept_answer WHERE at_ms < $1 ORDER BY at_ms LIMIT $2
)
RETURNING key
