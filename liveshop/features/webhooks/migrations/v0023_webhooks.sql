-- Webhooks: whom messages of the change feed are sent to, and what came of each.

-- name: webhook
-- An endpoint. It hears of messages after `since`, a number of the feed. The three columns of a
-- secret are what it is sealed by. `due_ms` is when the next of its deliveries is due, null for
-- none; a worker has leased it until `lease_until_ms`. `failures` are tries since the last success.
CREATE TABLE webhook (
    id               text COLLATE "C" PRIMARY KEY,
    shop             text COLLATE "C",
    url              text NOT NULL,
    types            text[] NOT NULL CHECK (cardinality(types) > 0),
    session_id       text COLLATE "C",
    ordering         text NOT NULL CHECK (ordering IN ('none', 'subject')),
    state            text NOT NULL CHECK (state IN ('on', 'off', 'disabled')),
    since            bigint NOT NULL,
    created_ms       bigint NOT NULL,
    master           bytea NOT NULL,
    sealed_key       bytea NOT NULL,
    secret           bytea NOT NULL,
    old_master       bytea,
    old_sealed_key   bytea,
    old_secret       bytea,
    old_until_ms     bigint,
    due_ms           bigint,
    lease_until_ms   bigint NOT NULL DEFAULT 0,
    lease            text,
    concurrency      int NOT NULL DEFAULT 4 CHECK (concurrency BETWEEN 1 AND 8),
    successes        int NOT NULL DEFAULT 0,
    failures         int NOT NULL DEFAULT 0,
    failing_since_ms bigint,
    CONSTRAINT webhook_old_secret_is_whole CHECK (
        num_nulls(old_master, old_sealed_key, old_secret, old_until_ms) IN (0, 4)
    )
) WITH (fillfactor = 50)

-- name: webhook_due
-- A worker leases the endpoints that are most overdue. The endpoint is what is claimed, and not its
-- deliveries: one with a million of them gets its share only.
CREATE INDEX webhook_due ON webhook (due_ms) WHERE due_ms IS NOT NULL AND state = 'on'

-- name: webhook_by_shop
CREATE INDEX webhook_by_shop ON webhook (shop, id)

-- name: webhook_delivery
-- One message to one endpoint. It is waiting until it is done, dead after the last try, or aborted
-- by its receiver; parked while the endpoint is disabled.
CREATE TABLE webhook_delivery (
    webhook_id text COLLATE "C" NOT NULL REFERENCES webhook ON DELETE CASCADE,
    number     bigint NOT NULL REFERENCES message ON DELETE CASCADE,
    subject    text COLLATE "C" NOT NULL,
    state      text NOT NULL CHECK (state IN ('waiting', 'done', 'dead', 'parked', 'aborted')),
    tries      int NOT NULL DEFAULT 0,
    next_ms    bigint NOT NULL,
    tried_ms   bigint,
    status     int,
    took_ms    int,
    answer     text,
    PRIMARY KEY (webhook_id, number)
) WITH (fillfactor = 70)

-- name: webhook_delivery_once
COMMENT ON CONSTRAINT webhook_delivery_pkey ON webhook_delivery IS
    'C2: a message is delivered to an endpoint, or is a dead letter that can be seen'

-- name: webhook_delivery_due
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, next_ms, number)
    WHERE state = 'waiting'

-- name: webhook_delivery_by_subject
-- For the order of a subject's messages.
CREATE INDEX webhook_delivery_by_subject ON webhook_delivery (webhook_id, subject, number)
    WHERE state = 'waiting'

-- name: webhook_delivery_by_message
-- Messages that are too old are deleted with their deliveries.
CREATE INDEX webhook_delivery_by_message ON webhook_delivery (number)

-- name: webhook_cursor
-- Up to which message deliveries were made. The one row is the lock under which they are made.
CREATE TABLE webhook_cursor (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL DEFAULT 0
)

-- name: the_one_row
INSERT INTO webhook_cursor DEFAULT VALUES
