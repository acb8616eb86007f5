-- The audit's questions about polls, each a check of store_audit.py, as in stores/audit/books.sql.
-- Ballots of guests have a choice that is 100 higher. $1 one session, or null for all

-- name: result_is_its_ballots
WITH told AS (
    SELECT e.session_id, e.body ->> 'poll' AS poll, c.number - 1 AS choice, c.n::bigint AS n
    FROM event AS e,
         jsonb_array_elements_text(e.body -> 'counts') WITH ORDINALITY AS c (n, number)
    WHERE e.type = 'poll.closed' AND ($1::text IS NULL OR e.session_id = $1)
), stored AS (
    SELECT b.session_id, substr(b.thing, 2) AS poll, b.choice % 100 AS choice, count(*) AS n
    FROM ballot AS b
    JOIN (SELECT DISTINCT session_id, poll FROM told) AS t
        ON t.session_id = b.session_id AND b.thing = 'p' || t.poll
    GROUP BY 1, 2, 3
)
SELECT session_id, format('poll %s was told to have %s votes for choice %s, its ballots say %s',
                          poll, coalesce(t.n, 0), choice, coalesce(s.n, 0)) AS what
FROM told AS t FULL JOIN stored AS s USING (session_id, poll, choice)
WHERE coalesce(t.n, 0) <> coalesce(s.n, 0)

-- name: told_result_is_final
SELECT e.session_id, format('poll %s has a result, and its box is open', e.body ->> 'poll') AS what
FROM event AS e
JOIN ballot_box AS b ON b.session_id = e.session_id AND b.thing = 'p' || (e.body ->> 'poll')
WHERE e.type = 'poll.closed' AND b.open AND ($1::text IS NULL OR e.session_id = $1)

-- name: closed_box_has_its_result
SELECT b.session_id, format('poll %s is closed, and no result was told', substr(b.thing, 2)) AS what
FROM ballot_box AS b
WHERE b.thing LIKE 'p%' AND NOT b.open AND ($1::text IS NULL OR b.session_id = $1)
  AND NOT EXISTS (
      SELECT FROM event AS e
      WHERE e.session_id = b.session_id AND e.type = 'poll.closed'
        AND 'p' || (e.body ->> 'poll') = b.thing)
