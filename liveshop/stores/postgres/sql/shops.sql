-- Shops: which of them a thing belongs to. No row where there is no such thing.

-- name: of_session
-- Find a session's shop. $1 id
SELECT shop FROM session WHERE id = $1

-- name: of_product
-- Find a product's shop. $1 id
SELECT shop FROM product WHERE product_id = $1

-- name: of_order
-- Find the shop of an order's session. $1 id
SELECT s.shop FROM orders AS o JOIN session AS s ON s.id = o.session_id WHERE o.id = $1

-- name: of_payment
-- Find the shops of the orders of payments that were given an id, two at most, and $2 first.
-- $1 the id, $2 a shop or null
SELECT s.shop
FROM payment AS p JOIN orders AS o ON o.id = p.order_id JOIN session AS s ON s.id = o.session_id
WHERE p.status = ANY(ARRAY['received', 'applied', 'refund_due', 'refunded'])
  AND substr(p.id, strpos(p.id, chr(31)) + 1) = $1
ORDER BY s.shop = $2 DESC NULLS LAST, s.shop LIMIT 2

-- name: of_key
-- Find the shop that an API key is bound to. $1 id
SELECT shop FROM api_key WHERE id = $1
