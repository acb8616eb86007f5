-- The change feed. No purchase writes any of these tables: a worker follows `orders.seq` and
-- `event.offset`, which are given under the lock of their session, and so in the order of commits.

-- name: feed
-- How many messages there have been. The one row is the lock of the feed: a message's number is
-- drawn under it, so that numbers become visible in their order, and without a gap.
CREATE TABLE feed (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL DEFAULT 0
)

-- name: the_one_row
INSERT INTO feed DEFAULT VALUES

-- name: feed_cursor
-- How far the orders and the events of a session have been told.
CREATE TABLE feed_cursor (
    session_id text COLLATE "C" PRIMARY KEY,
    seq        bigint NOT NULL,
    "offset"   int NOT NULL
) WITH (fillfactor = 50)

-- name: feed_subject
-- How many steps of a subject other than a session have been told: `order/…`. A session's are its
-- offsets.
CREATE TABLE feed_subject (
    subject text COLLATE "C" PRIMARY KEY,
    steps   int NOT NULL CHECK (steps > 0)
) WITH (fillfactor = 80)

-- name: message
-- One step of one subject. `body` are the very bytes that are signed and sent; `made_ms` is when
-- it was written here.
CREATE TABLE message (
    number     bigint PRIMARY KEY,
    id         text COLLATE "C" NOT NULL,
    type       text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    sequence   bigint NOT NULL,
    session_id text COLLATE "C",
    shop       text COLLATE "C",
    made_ms    bigint NOT NULL,
    body       bytea NOT NULL,
    CONSTRAINT message_once UNIQUE (subject, sequence)
)

-- name: message_once
COMMENT ON CONSTRAINT message_once ON message IS
    'C1: each step of each subject is one message'

-- name: message_made
-- For what is too old to be kept.
CREATE INDEX message_made ON message (made_ms)

-- name: outbox
-- Steps that features tell, in the transactions of their own tables, until each is a message. Ids
-- are drawn before their transaction commits, so that a reader of these rows must not go by them.
-- It reads those whose transaction is older than any that still runs, by `xid`.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    subject    text COLLATE "C" NOT NULL,
    type       text COLLATE "C" NOT NULL,
    session_id text COLLATE "C",
    shop       text COLLATE "C",
    at_ms      bigint NOT NULL,
    data       json NOT NULL
)
