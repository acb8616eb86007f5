-- The right answers of polls, which stand next to the log: its readers are viewers.

-- name: save_right
-- Keep the right answer of a poll, in the transaction that opens it. $1 session, $2 poll, $3 choice
INSERT INTO poll_right (session_id, poll, choice) VALUES ($1, $2, $3)

-- name: right_answers
-- Read the right answers of polls that have one. $1 session, $2 polls
SELECT poll, choice FROM poll_right WHERE session_id = $1 AND poll = ANY($2)
