-- Money: recorded first, then applied to its order or made due for refund.

-- name: record_payment
-- Record a payment unless its id is known. $1 payment id, $2 order id, $3 amount, $4 at_ms
INSERT INTO payment (id, order_id, amount, status, at_ms) VALUES ($1, $2, $3, 'received', $4)
ON CONFLICT (id) DO NOTHING

-- name: read_payment
-- Read a payment. $1 payment id
SELECT id, order_id, amount, status, reason, at_ms FROM payment WHERE id = $1

-- name: order_to_pay
-- Read what a payment is measured by. $1 order id
SELECT status, total, pay_until_ms FROM orders WHERE id = $1

-- name: resolve_payment
-- Say what became of a payment. $1 payment id, $2 status, $3 reason
UPDATE payment SET status = $2, reason = $3 WHERE id = $1

-- name: unresolved_payments
-- Read payments that were only recorded, the oldest ids first. $1 how many
SELECT id, order_id, amount, status, reason, at_ms FROM payment
WHERE status = 'received' ORDER BY id LIMIT $1

-- name: page_of_payments
-- Read payments in a status by id. $1 status, $2 after this id, $3 how many, $4 the shop of their
-- sessions, null for all
SELECT id, order_id, amount, status, reason, at_ms FROM payment AS p
WHERE status = $1 AND id > $2
  AND ($4::text IS NULL OR EXISTS (
      SELECT FROM orders AS o JOIN session AS s ON s.id = o.session_id
      WHERE o.id = p.order_id AND s.shop = $4
  ))
ORDER BY id LIMIT $3
