-- Exports: what somebody has asked for, and the files that workers made of it.

-- name: export
-- A file. `lease` is that of the worker that makes it; another takes it over after
-- `lease_until_ms`. `tries` counts begins.
CREATE TABLE export (
    id             text COLLATE "C" PRIMARY KEY,
    number         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    shop           text COLLATE "C",
    session_id     text COLLATE "C",
    from_ms        bigint NOT NULL,
    to_ms          bigint NOT NULL,
    dataset        text NOT NULL,
    format         text NOT NULL,
    state          text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    made_ms        bigint NOT NULL,
    expires_ms     bigint NOT NULL,
    tries          int NOT NULL DEFAULT 0,
    lease          text,
    lease_until_ms bigint NOT NULL DEFAULT 0,
    rows           bigint NOT NULL DEFAULT 0,
    rows_expected  bigint,
    bytes          bigint NOT NULL DEFAULT 0,
    sha256         text,
    done_ms        bigint,
    failure        text,
    CONSTRAINT export_done_is_whole CHECK ((state = 'done') = (sha256 IS NOT NULL)),
    CONSTRAINT export_failed_says_why CHECK ((state = 'failed') = (failure IS NOT NULL))
)

-- name: export_open
CREATE INDEX export_open ON export (number) WHERE state IN ('waiting', 'running')

-- name: export_by_shop
CREATE INDEX export_by_shop ON export (shop, number)

-- name: export_expires
CREATE INDEX export_expires ON export (expires_ms)

-- name: export_part
-- A part of a file, from 0 on. They are kept here because nodes and workers share nothing else.
CREATE TABLE export_part (
    export_id text COLLATE "C" NOT NULL REFERENCES export ON DELETE CASCADE,
    number    int NOT NULL,
    body      bytea NOT NULL,
    PRIMARY KEY (export_id, number)
)
