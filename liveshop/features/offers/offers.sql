-- The secrets of offers, and what a buyer has done before.

-- name: keep_code
-- Keep the word of an offer, in the transaction that opens it.
-- $1 session, $2 folded word, $3 offer, $4 the word as it was given
INSERT INTO offer_code (session_id, code, offer, word) VALUES ($1, $2, $3, $4)
ON CONFLICT (session_id, code) DO UPDATE SET offer = excluded.offer, word = excluded.word

-- name: keep_viewers
-- Keep whom an offer is for, in the transaction that opens it. $1 session, $2 offer, $3 viewers
INSERT INTO offer_viewer (session_id, offer, viewer)
SELECT $1, $2, viewer FROM unnest($3::text[]) AS v (viewer)
ON CONFLICT DO NOTHING

-- name: offers_of_codes
-- Read which offers words name. $1 session, $2 folded words
SELECT code, offer FROM offer_code WHERE session_id = $1 AND code = ANY($2)

-- name: offers_for
-- Read which of some offers are for a viewer. $1 session, $2 viewer, $3 offers
SELECT offer FROM offer_viewer WHERE session_id = $1 AND viewer = $2 AND offer = ANY($3)

-- name: has_ordered
-- Return a row if a buyer has an order in any session of this one's shop. $1 session, $2 buyer
SELECT FROM session AS s
WHERE s.shop IS NOT DISTINCT FROM (SELECT shop FROM session WHERE id = $1)
  AND EXISTS (SELECT FROM orders AS o
              WHERE o.session_id = s.id AND o.buyer = $2 AND o.status IN ('pending', 'confirmed'))
LIMIT 1

-- name: words
-- Read the words that name offers, as they were given. $1 session
SELECT offer, word FROM offer_code WHERE session_id = $1

-- name: figures
-- Add up what came of each offer in confirmed orders. $1 session
WITH used AS (
    SELECT o.id, o.total, r ->> 'offer' AS offer, sum((r ->> 'amount')::bigint) AS amount
    FROM orders AS o CROSS JOIN LATERAL jsonb_array_elements(o.why) AS r
    WHERE o.session_id = $1 AND o.status = 'confirmed' AND o.why IS NOT NULL
    GROUP BY 1, 2, 3
)
SELECT offer, count(*) AS orders, -sum(amount)::bigint AS discount, sum(total)::bigint AS goods
FROM used GROUP BY offer
