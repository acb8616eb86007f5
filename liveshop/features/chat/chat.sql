-- The words that the chats of sessions refuse.

-- name: save_words
-- Replace the words that a chat refuses. $1 session, $2 words
INSERT INTO chat_words (session_id, words) VALUES ($1, $2)
ON CONFLICT (session_id) DO UPDATE SET words = excluded.words

-- name: read_words
-- Read the words that a chat refuses. $1 session
SELECT words FROM chat_words WHERE session_id = $1

-- name: find_pinned
-- Read a message as it was pinned, if its text is still there. $1 session, $2 its id
SELECT body -> 'message' FROM event
WHERE session_id = $1 AND type = 'chat.pinned' AND body ->> 'id' = $2
  AND body #>> '{message,text}' <> ''
LIMIT 1
