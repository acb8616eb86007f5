-- API keys: only a hash of the secret is kept.

-- name: insert_key
-- Store a key. $1 id, $2 name, $3 hash of the secret, $4 created_ms
INSERT INTO api_key (id, name, hash, created_ms) VALUES ($1, $2, $3, $4)

-- name: find_key
-- Find whose secret this is. $1 hash of the secret
SELECT name FROM api_key WHERE hash = $1

-- name: delete_key
-- Take a key away. $1 id. Returns its name
DELETE FROM api_key WHERE id = $1 RETURNING name
