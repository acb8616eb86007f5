-- Guests of sessions, and the networks that banned viewers came from. Names and mail are elsewhere:
-- in `person`, sealed. A network is a keyed digest of what its addresses count by.

-- name: guest
-- A guest of one session, from when it is let in until its token has ended. `rid` is a digest of
-- what the client called its request, NULL without.
CREATE TABLE guest (
    sub        text COLLATE "C" PRIMARY KEY,
    session_id text COLLATE "C" NOT NULL REFERENCES session,
    rid        bytea,
    network    bytea NOT NULL,
    at_ms      bigint NOT NULL
);

-- name: guest_once
CREATE UNIQUE INDEX guest_once ON guest (session_id, rid) WHERE rid IS NOT NULL;

-- name: guest_by_network
CREATE INDEX guest_by_network ON guest (network, at_ms);

-- name: guest_by_time
CREATE INDEX guest_by_time ON guest (at_ms);

-- name: banned_network
-- A network from which a banned viewer was connected, or was let in as a guest. It is shut to new
-- guests while the viewer's ban in `ban` holds; '' is there what NULL is here.
CREATE TABLE banned_network (
    network    bytea NOT NULL,
    viewer_id  text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    shop       text COLLATE "C" NOT NULL,
    PRIMARY KEY (network, viewer_id, session_id, shop)
);

-- name: banned_network_by_ban
CREATE INDEX banned_network_by_ban ON banned_network (viewer_id, session_id, shop);
