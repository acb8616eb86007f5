-- Money: recorded first, then applied to its order or made due for refund.
--
-- A payment is stored under the id that it was given, or under its shop, chr(31) and that id: see
-- `stored_ids`. The id as it was given is the part behind chr(31), or all where there is none.

-- name: place_of_order
-- Find the session of an order, and its shop. $1 order id
SELECT o.session_id, s.shop FROM orders AS o JOIN session AS s ON s.id = o.session_id
WHERE o.id = $1

-- name: record_payment
-- Record a payment unless its id is known. $1 payment id, $2 order id, $3 amount, $4 at_ms
INSERT INTO payment (id, order_id, amount, status, at_ms) VALUES ($1, $2, $3, 'received', $4)
ON CONFLICT (id) DO NOTHING

-- name: read_payment
-- Read a payment, and the shop of its order. $1 payment id
SELECT p.id, p.order_id, p.amount, p.status, p.reason, p.at_ms, s.shop
FROM payment AS p JOIN orders AS o ON o.id = p.order_id JOIN session AS s ON s.id = o.session_id
WHERE p.id = $1

-- name: payments_given_id
-- Find payments that were given an id, two at most. $1 the id, $2 their shop, null for all,
-- $3 their order, null for any
SELECT p.id, p.order_id, o.session_id, s.shop
FROM payment AS p JOIN orders AS o ON o.id = p.order_id JOIN session AS s ON s.id = o.session_id
WHERE p.status = ANY(ARRAY['received', 'applied', 'refund_due', 'refunded'])
  AND substr(p.id, strpos(p.id, chr(31)) + 1) = $1
  AND ($2::text IS NULL OR s.shop = $2) AND ($3::text IS NULL OR p.order_id = $3)
LIMIT 2

-- name: order_to_pay
-- Read what a payment is measured by. $1 order id
SELECT status, total, pay_until_ms FROM orders WHERE id = $1

-- name: resolve_payment
-- Say what became of a payment. $1 payment id, $2 status, $3 reason
UPDATE payment SET status = $2, reason = $3 WHERE id = $1

-- name: unresolved_payments
-- Read payments that were only recorded, the oldest first. $1 how many, $2 recorded until this
-- instant, null for all, $3 and $4 after this instant and id as it was given, null for all
SELECT id, order_id, amount, status, reason, at_ms FROM payment
WHERE status = 'received' AND ($2::bigint IS NULL OR at_ms <= $2)
  AND ($3::bigint IS NULL OR (at_ms, substr(id, strpos(id, chr(31)) + 1)) > ($3, $4::text))
ORDER BY at_ms, substr(id, strpos(id, chr(31)) + 1) LIMIT $1

-- name: page_of_payments
-- Read payments in a status by the id that they were given. $1 status, $2 after this id, and of the
-- same id $3 after this stored one, null for none, $4 how many, $5 the shop of their sessions, null
-- for all
SELECT id, order_id, amount, status, reason, at_ms FROM payment AS p
WHERE status = $1 AND substr(id, strpos(id, chr(31)) + 1) >= $2
  AND (substr(id, strpos(id, chr(31)) + 1) > $2 OR id > $3)
  AND ($5::text IS NULL OR EXISTS (
      SELECT FROM orders AS o JOIN session AS s ON s.id = o.session_id
      WHERE o.id = p.order_id AND s.shop = $5
  ))
ORDER BY substr(id, strpos(id, chr(31)) + 1), id LIMIT $4
