-- API keys: only a hash of the secret is kept.

-- name: insert_key
-- Store a key. $1 id, $2 name, $3 hash of the secret, $4 created_ms, $5 shop, $6 scopes, $7 when it
-- ends
INSERT INTO api_key (id, name, hash, created_ms, shop, scopes, expires_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: find_key
-- Find whose secret this is. $1 hash of the secret
SELECT id, name, created_ms, shop, scopes, expires_ms, used_ms FROM api_key WHERE hash = $1

-- name: page_of_keys
-- Read keys by id. $1 after this id, $2 how many, $3 the shop that they are bound to, null for all
SELECT id, name, created_ms, shop, scopes, expires_ms, used_ms FROM api_key
WHERE id > $1 AND ($3::text IS NULL OR shop = $3)
ORDER BY id LIMIT $2

-- name: note_use
-- Keep that a key was used, unless that is known of an instant close to it. $1 id, $2 now,
-- $3 how close
UPDATE api_key SET used_ms = $2
WHERE id = $1 AND (used_ms IS NULL OR used_ms <= $2::bigint - $3::bigint)

-- name: delete_key
-- Take a key away. $1 id. Returns its name
DELETE FROM api_key WHERE id = $1 RETURNING name
