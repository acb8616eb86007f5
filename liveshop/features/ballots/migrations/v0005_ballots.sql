-- One durable yes of one viewer to one thing: votes, entries, upvotes. `thing` is a letter for the
-- feature and the offset or id of what is voted on, such as `p41`.

-- name: ballot_box
-- Whether a thing takes ballots; once it is closed it stays closed. A box comes into being with the
-- first ballot, or closed if there was none. `closes_ms` is an end that was known at the start.
CREATE TABLE ballot_box (
    session_id text COLLATE "C" NOT NULL REFERENCES session,
    thing      text COLLATE "C" NOT NULL,
    open       boolean NOT NULL,
    closes_ms  bigint,
    PRIMARY KEY (session_id, thing)
);

-- name: ballot
-- P9: the key lets a voter have one ballot. No foreign key: the statement that inserts has locked
-- the box, and a check a row would double its cost. `ticket` is drawn from by features that draw.
CREATE TABLE ballot (
    session_id text COLLATE "C" NOT NULL,
    thing      text COLLATE "C" NOT NULL,
    voter      text COLLATE "C" NOT NULL,
    choice     smallint NOT NULL,
    ticket     text COLLATE "C",
    at_ms      bigint NOT NULL,
    PRIMARY KEY (session_id, thing, voter)
);

-- name: tally
-- How many ballots there are of each choice, in parts: nodes that count in the same row would wait
-- for each other. Half of each page is left free: a new count then needs no new entry in the key.
CREATE TABLE tally (
    session_id text COLLATE "C" NOT NULL,
    thing      text COLLATE "C" NOT NULL,
    choice     smallint NOT NULL,
    shard      smallint NOT NULL,
    n          int NOT NULL CHECK (n >= 0),
    PRIMARY KEY (session_id, thing, choice, shard)
) WITH (fillfactor = 50);

-- name: tally_is_counted
COMMENT ON TABLE tally IS 'P9: what is counted here was inserted into ballot in the same statement'
