-- Sessions that are copies of others.

-- name: save_origin
-- Keep what a session was copied from. $1 session, $2 the other, $3 the request and the units that
-- the session got, as JSON
INSERT INTO session_origin (session_id, source_id, body) VALUES ($1, $2, $3::jsonb)

-- name: read_origins
-- Read what sessions were copied from. $1 sessions
SELECT session_id, body FROM session_origin WHERE session_id = ANY($1)
