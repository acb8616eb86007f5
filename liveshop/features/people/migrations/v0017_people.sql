-- Names and mail of people, sealed, and the key of each.

-- name: person
-- The name and mail of a person, by the `sub` of its tokens: JSON, sealed under the key in
-- `person_key`. `mail_digest` is keyed: its row is found by the mail, which cannot be read from it.
CREATE TABLE person (
    sub         text COLLATE "C" PRIMARY KEY,
    sealed      bytea NOT NULL,
    mail_digest bytea,
    at_ms       bigint NOT NULL
);

-- name: person_by_mail
CREATE INDEX person_by_mail ON person (mail_digest) WHERE mail_digest IS NOT NULL;

-- name: person_key
-- The key of a person, wrapped under the master key that `master` names. A table of its own, so
-- that backups of it can be kept for a shorter time: without it nothing above can be read.
CREATE TABLE person_key (
    sub    text COLLATE "C" PRIMARY KEY,
    master bytea NOT NULL,
    key    bytea NOT NULL
);
