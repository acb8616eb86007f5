-- Banned viewers and revoked tokens.

-- name: access
-- One row that each change of the tables below counts up. Its lock lets them commit in the order of
-- their versions, so a node that has read up to a version has missed none before it.
CREATE TABLE access (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL
);

-- name: first_version
INSERT INTO access (version) VALUES (0);

-- name: ban
-- Viewers who are kept out of a session, or of all shows of a shop (`session_id` is NULL). `shop`
-- is NULL for shows without one. `role` is that of who banned, 1 viewer to 4 admin: the ban reaches
-- lower ones. `until_ms` is NULL without an end, and in the past once the ban was lifted.
CREATE TABLE ban (
    viewer_id  text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" REFERENCES session,
    shop       text COLLATE "C",
    role       smallint NOT NULL,
    name       text,
    by         text NOT NULL,
    at_ms      bigint NOT NULL,
    until_ms   bigint,
    version    bigint NOT NULL,
    CHECK (session_id IS NULL OR shop IS NULL)
);

-- name: ban_once
CREATE UNIQUE INDEX ban_once
    ON ban (viewer_id, (COALESCE(session_id, '')), (COALESCE(shop, '')));

-- name: ban_by_version
CREATE INDEX ban_by_version ON ban (version);

-- name: revocation
-- Tokens that hold no longer: that of a `jti`, or those of a `sub` issued before `before_ms`. One
-- with a session or a shop reaches only tokens of it; `role` is the highest that it reaches.
-- `ends_ms` is until when it is kept, NULL for ever.
CREATE TABLE revocation (
    id         text COLLATE "C" PRIMARY KEY,
    jti        text COLLATE "C",
    sub        text COLLATE "C",
    before_ms  bigint,
    session_id text COLLATE "C",
    shop       text COLLATE "C",
    role       smallint NOT NULL,
    by         text NOT NULL,
    at_ms      bigint NOT NULL,
    ends_ms    bigint,
    version    bigint NOT NULL,
    CHECK ((jti IS NULL) <> (sub IS NULL)),
    CHECK ((sub IS NULL) = (before_ms IS NULL))
);

-- name: revocation_by_version
CREATE INDEX revocation_by_version ON revocation (version);
