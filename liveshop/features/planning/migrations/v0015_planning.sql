-- Shows that were planned from others.

-- name: session_origin
-- The session that another one was copied from. A request that comes again is answered by it as
-- the first was: `body` has the request, and the units that were asked for and got of each SKU. No
-- foreign key to the source: the check would wait for its orders while variants are locked.
CREATE TABLE session_origin (
    session_id text COLLATE "C" PRIMARY KEY REFERENCES session,
    source_id  text COLLATE "C" NOT NULL,
    body       jsonb NOT NULL
);
