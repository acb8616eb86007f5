-- The names and mail of people, sealed, and the key of each.

-- name: keep
-- Keep what is known of a person, in place of what was. $1 sub, $2 the master key's name,
-- $3 the person's key, wrapped, $4 sealed, $5 digest of the mail or NULL, $6 at_ms
WITH kept AS (
    INSERT INTO person (sub, sealed, mail_digest, at_ms) VALUES ($1, $4, $5, $6)
    ON CONFLICT (sub) DO UPDATE
    SET sealed = EXCLUDED.sealed, mail_digest = EXCLUDED.mail_digest, at_ms = EXCLUDED.at_ms
)
INSERT INTO person_key (sub, master, key) VALUES ($1, $2, $3)
ON CONFLICT (sub) DO UPDATE SET master = EXCLUDED.master, key = EXCLUDED.key

-- name: read
-- Read what is kept of people, those that are known. $1 subs
SELECT p.sub, p.sealed, k.master, k.key
FROM person AS p JOIN person_key AS k ON k.sub = p.sub WHERE p.sub = ANY($1::text[])

-- name: known
-- Find which people something is kept of. $1 subs
SELECT sub FROM person WHERE sub = ANY($1::text[])

-- name: of_mail
-- Find people by their mail. $1 its digests, by each master key
SELECT sub FROM person WHERE mail_digest = ANY($1::bytea[]) ORDER BY sub

-- name: forget
-- Destroy the keys of people, and all that is kept of them; return of whom something was. $1 subs
WITH destroyed AS (DELETE FROM person_key WHERE sub = ANY($1::text[]))
DELETE FROM person WHERE sub = ANY($1::text[]) RETURNING sub

-- name: under_others
-- Read what is kept under none of these master keys, from one person on.
-- $1 names of master keys, $2 after this sub, $3 how many
SELECT k.sub, k.master, k.key, p.sealed
FROM person_key AS k JOIN person AS p ON p.sub = k.sub
WHERE k.sub > $2 AND k.master <> ALL($1::bytea[]) ORDER BY k.sub LIMIT $3

-- name: wrap_again
-- Replace the wrapping of a key and the digest of the mail, unless the person was forgotten or kept
-- again meanwhile. $1 sub, $2 the key as it was, $3 the master key's name, $4 the key, wrapped,
-- $5 digest of the mail or NULL
WITH wrapped AS (
    UPDATE person_key SET master = $3, key = $4 WHERE sub = $1 AND key = $2 RETURNING sub
)
UPDATE person SET mail_digest = $5 FROM wrapped WHERE person.sub = wrapped.sub
RETURNING person.sub

-- name: count_lost
-- Count the people whose keys are wrapped under none of these master keys. $1 their names
SELECT count(*) AS lost FROM person_key WHERE master <> ALL($1::bytea[])
