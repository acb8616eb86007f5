-- The audit's questions about ballots, each a check of store_audit.py; see
-- stores/audit/books.sql.
-- $1 one session, or null for all

-- name: ballots_are_counted
WITH stored AS (
    SELECT session_id, thing, choice, count(*) AS n FROM ballot
    WHERE $1::text IS NULL OR session_id = $1 GROUP BY 1, 2, 3
), counted AS (
    SELECT session_id, thing, choice, sum(n) AS n FROM tally
    WHERE $1::text IS NULL OR session_id = $1 GROUP BY 1, 2, 3
)
SELECT session_id, format('%s counts %s of choice %s, its ballots say %s',
                          thing, coalesce(c.n, 0), choice, coalesce(s.n, 0)) AS what
FROM stored AS s FULL JOIN counted AS c USING (session_id, thing, choice)
WHERE coalesce(s.n, 0) <> coalesce(c.n, 0)

-- name: ballot_has_its_box
SELECT b.session_id, format('%s has ballots and no box', b.thing) AS what
FROM (
    SELECT DISTINCT session_id, thing FROM ballot WHERE $1::text IS NULL OR session_id = $1
) AS b
LEFT JOIN ballot_box AS x ON x.session_id = b.session_id AND x.thing = b.thing
WHERE x.thing IS NULL
