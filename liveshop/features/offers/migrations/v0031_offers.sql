-- The secrets of a session's offers: the readers of its log, who are viewers, are not to know them.

-- name: offer_code
-- The words that name offers, folded and as they were given; `offer` is the offset of the event
-- that opened it. A word names the newest offer that was given it.
CREATE TABLE offer_code (
    session_id text COLLATE "C" NOT NULL REFERENCES session,
    code       text COLLATE "C" NOT NULL CHECK (code ~ '^[A-Z0-9]{3,24}$'),
    offer      int NOT NULL,
    word       text COLLATE "C" NOT NULL,
    PRIMARY KEY (session_id, code)
);

-- name: offer_viewer
-- Those whom an offer is for, if it is only for some.
CREATE TABLE offer_viewer (
    session_id text COLLATE "C" NOT NULL REFERENCES session,
    offer      int NOT NULL,
    viewer     text COLLATE "C" NOT NULL,
    PRIMARY KEY (session_id, offer, viewer)
);
