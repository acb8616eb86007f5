-- Ballots: they are cast and counted in one statement, and a closed box takes none.

-- name: open_box
-- Have a box for a thing; one that is closed stays closed.
-- $1 session, $2 thing, $3 the instant from which it takes no ballots, or null
INSERT INTO ballot_box (session_id, thing, open, closes_ms) VALUES ($1, $2, true, $3)
ON CONFLICT (session_id, thing) DO NOTHING

-- name: cast_ballots
-- Insert ballots whose box is open and count those that are new, in one transaction.
-- $1 session, $2 now_ms, $3 the shard to count in, $4 things, $5 voters, $6 choices; no pair of
-- thing and voter comes twice
-- The share lock keeps a box from being closed before the ballots are committed, and each waits for
-- a close that is under way. Rows are locked in the order of their keys, as by every other node.
-- One row: `counted`, the new counts (thing, choice, n); `others`, for each ballot that was not
-- inserted its number from 1, the choice that is stored, null if none is seen, and whether the box
-- is open. Another node's ballot, committed since this statement began, is not seen: ask again.
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($4::text[], $5::text[], $6::smallint[])
        WITH ORDINALITY AS g (thing, voter, choice, number)
), box AS MATERIALIZED (
    SELECT thing FROM ballot_box
    WHERE session_id = $1 AND thing IN (SELECT thing FROM given)
      AND open AND (closes_ms IS NULL OR $2 < closes_ms)
    ORDER BY thing FOR SHARE
), made AS (
    INSERT INTO ballot (session_id, thing, voter, choice, at_ms)
    SELECT $1, thing, voter, choice, $2 FROM given JOIN box USING (thing) ORDER BY thing, voter
    ON CONFLICT (session_id, thing, voter) DO NOTHING
    RETURNING thing, voter, choice
), counted AS (
    INSERT INTO tally (session_id, thing, choice, shard, n)
    SELECT $1, thing, choice, $3, count(*) FROM made GROUP BY thing, choice ORDER BY thing, choice
    ON CONFLICT (session_id, thing, choice, shard) DO UPDATE SET n = tally.n + excluded.n
    RETURNING thing, choice, n
), other AS (
    SELECT g.number, g.thing, g.voter, box.thing IS NOT NULL AS open
    FROM given AS g
    LEFT JOIN box ON box.thing = g.thing
    LEFT JOIN made AS m ON m.thing = g.thing AND m.voter = g.voter
    WHERE m.voter IS NULL
)
SELECT ARRAY(SELECT ROW(thing, choice, n) FROM counted) AS counted,
       ARRAY(
           SELECT ROW(o.number, b.choice, o.open)
           FROM other AS o
           LEFT JOIN LATERAL (
               SELECT choice FROM ballot
               WHERE session_id = $1 AND thing = o.thing AND voter = o.voter OFFSET 0
           ) AS b ON true
       ) AS others

-- name: stored_choices
-- Read what voters have chosen. $1 session, $2 things, $3 voters, pair by pair
SELECT g.thing, g.voter, b.choice
FROM unnest($2::text[], $3::text[]) AS g (thing, voter)
CROSS JOIN LATERAL (
    SELECT choice FROM ballot
    WHERE session_id = $1 AND thing = g.thing AND voter = g.voter OFFSET 0
) AS b

-- name: close_boxes
-- Have boxes take no more ballots: this waits for those that are being cast. $1 session, $2 things
INSERT INTO ballot_box AS b (session_id, thing, open)
SELECT $1, thing, false FROM unnest($2::text[]) AS t (thing) ORDER BY thing
ON CONFLICT (session_id, thing) DO UPDATE SET open = false WHERE b.open

-- name: closed_boxes
-- Read which boxes take no more ballots. $1 session, $2 things
SELECT thing FROM ballot_box WHERE session_id = $1 AND thing = ANY($2) AND NOT open

-- name: tallies
-- Read the counts, part by part. $1 session, $2 things
SELECT thing, choice, shard, n FROM tally WHERE session_id = $1 AND thing = ANY($2)
