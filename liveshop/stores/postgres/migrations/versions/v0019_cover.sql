-- The cover of a session. A node of the release before writes none.

-- name: session_cover
-- The picture that stands for a session before its video, null for none.
ALTER TABLE session ADD COLUMN cover_url text;
