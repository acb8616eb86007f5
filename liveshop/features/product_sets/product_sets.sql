-- Product sets: named lists of products. One of no shop has the shop ''.

-- name: save
-- Make a set or replace it. $1 shop, $2 id, $3 name, $4 notes, $5 products as JSON, $6 how many
-- there are, $7 at_ms, $8 how many sets a shop may have. No row where it would be one too many;
-- `new` is whether it was made.
INSERT INTO product_set AS known (shop, set_id, name, notes, body, products_total, updated_ms)
SELECT $1, $2, $3, $4, $5::jsonb, $6, $7
WHERE EXISTS (SELECT FROM product_set WHERE shop = $1 AND set_id = $2)
   OR (SELECT count(*) FROM product_set WHERE shop = $1) < $8
ON CONFLICT (shop, set_id) DO UPDATE
SET name = excluded.name, notes = excluded.notes, body = excluded.body,
    products_total = excluded.products_total, updated_ms = excluded.updated_ms
RETURNING known.xmax = 0 AS new

-- name: find
-- Read a set, and whether others have its id. $1 id, $2 shop, null for all: then the first of two
-- at most is that of no shop, if there is one.
SELECT shop, set_id, name, notes, body, updated_ms FROM product_set
WHERE set_id = $1 AND ($2::text IS NULL OR shop = $2)
ORDER BY shop LIMIT 2

-- name: page
-- Read sets without their products, by id. $1 shop, null for all, $2 after this id and $3 of this
-- shop, $4 how many
SELECT shop, set_id, name, notes, products_total, updated_ms FROM product_set
WHERE ($1::text IS NULL OR shop = $1) AND (set_id, shop) > ($2, $3)
ORDER BY set_id, shop LIMIT $4

-- name: delete
-- Take a set away. $1 shop, $2 id
DELETE FROM product_set WHERE shop = $1 AND set_id = $2 RETURNING set_id
