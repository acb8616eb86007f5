-- The part of a poll that its viewers are not to know before its end.

-- name: poll_right
-- The right answer of a poll that has one; `poll` is the offset of the event that opened it.
CREATE TABLE poll_right (
    session_id text COLLATE "C" NOT NULL REFERENCES session,
    poll       int NOT NULL,
    choice     smallint NOT NULL,
    PRIMARY KEY (session_id, poll)
);
