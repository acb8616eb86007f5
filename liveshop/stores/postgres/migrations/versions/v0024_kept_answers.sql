-- Answers to requests with an Idempotency-Key.

-- name: kept_answer
-- The first request by a caller with a key, as a digest, and its answer once there is one.
CREATE TABLE kept_answer (
    caller  text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    request bytea NOT NULL,
    at_ms   bigint NOT NULL,
    status  int,
    answer  bytea,
    PRIMARY KEY (caller, key)
)

-- name: kept_answer_pkey
COMMENT ON CONSTRAINT kept_answer_pkey ON kept_answer IS
    'C22: of requests with one key, one does its work'

-- name: kept_answer_old
-- For what is too old to be kept.
CREATE INDEX kept_answer_old ON kept_answer (at_ms)
