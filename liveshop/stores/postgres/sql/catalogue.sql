-- The catalogue: products, their variants, and imports into it.

-- name: position_of
-- Where a product stands in the catalogue's order, and who sees it in a list.
SELECT position, shop, status = 'active' AND published AS listed FROM product WHERE product_id = $1

-- name: page
-- The next $2 products after position $1 with their variants, one row a variant: the first $5 of
-- each. Those of the shop $3, or of all if that is null; with $4 also those not for everyone.
SELECT p.product_id, p.title, p.description, p.image, p.shop, p.status, p.published,
       p.more_images, v.sku, v.label, v.price, v.was, v.stock
FROM (
    SELECT * FROM product
    WHERE position > $1 AND ($3::text IS NULL OR shop = $3)
      AND ($4::boolean OR (status = 'active' AND published))
    ORDER BY position LIMIT $2
) AS p
LEFT JOIN LATERAL (
    SELECT * FROM variant WHERE variant.product_id = p.product_id
    ORDER BY variant.position, sku LIMIT $5
) AS v ON true
ORDER BY p.position, v.position, v.sku

-- name: search_page
-- The same of the products that have all these words, or a SKU that begins so.
-- $1 position, $2 how many, $3 shop, $4 whether those not for everyone, $5 how many variants of
-- each, $6 words as a tsquery, $7 and $8 SKUs from and before, $9 of how many
-- SKUs at most, $10 how many to read for that
SELECT p.product_id, p.title, p.description, p.image, p.shop, p.status, p.published,
       p.more_images, v.sku, v.label, v.price, v.was, v.stock
FROM (
    SELECT * FROM product
    WHERE position > $1 AND ($3::text IS NULL OR shop = $3)
      AND ($4::boolean OR (status = 'active' AND published))
      AND product_id IN (
        SELECT product_id FROM product WHERE words @@ $6::text::tsquery
        UNION
        -- Only SKUs that the caller may see count for the limit: those of others must not fill it.
        (SELECT v.product_id
         FROM (
            SELECT sku, product_id FROM variant WHERE sku >= $7 AND sku < $8 ORDER BY sku LIMIT $10
         ) AS v JOIN product AS o USING (product_id)
         WHERE ($3::text IS NULL OR o.shop = $3)
           AND ($4::boolean OR (o.status = 'active' AND o.published))
         ORDER BY v.sku LIMIT $9)
        UNION
        -- Where so many SKUs begin so that not all were read, those of a shop are read by product.
        (SELECT o.product_id FROM product AS o
         WHERE o.shop = $3 AND ($4::boolean OR (o.status = 'active' AND o.published))
           AND (SELECT count(*) FROM (
                SELECT FROM variant WHERE sku >= $7 AND sku < $8 LIMIT $10) AS all_skus) = $10
           AND EXISTS (
                SELECT FROM variant AS v
                WHERE v.product_id = o.product_id AND v.sku >= $7 AND v.sku < $8)
         ORDER BY o.position LIMIT $9)
    )
    ORDER BY position LIMIT $2
) AS p
LEFT JOIN LATERAL (
    SELECT * FROM variant WHERE variant.product_id = p.product_id
    ORDER BY variant.position, sku LIMIT $5
) AS v ON true
ORDER BY p.position, v.position, v.sku

-- name: count_variants
-- How many variants each of these products has.
SELECT product_id, count(*) AS variants FROM variant
WHERE product_id = ANY($1::text[])
GROUP BY product_id

-- name: get
-- One product with its variants, one row a variant.
SELECT p.product_id, p.title, p.description, p.image, p.shop, p.status, p.published,
       p.more_images, v.sku, v.label, v.price, v.was, v.stock
FROM product AS p
LEFT JOIN variant AS v USING (product_id)
WHERE p.product_id = $1
ORDER BY v.position, v.sku

-- name: offered
-- Products with some of their variants, one row a variant. $1 ids, $2 SKUs
SELECT p.product_id, p.title, p.description, p.image, p.shop, p.status, p.published,
       p.more_images, v.sku, v.label, v.price, v.was, v.stock
FROM product AS p JOIN variant AS v USING (product_id)
WHERE p.product_id = ANY($1::text[]) AND v.sku = ANY($2::text[])
ORDER BY p.product_id, v.position, v.sku

-- name: begin_writing
-- One writer at a time: two imports that touch the same names wait for each other here, and not
-- in a deadlock. Sessions that move stock do not wait for this. In this transaction, plans are
-- made again: one that was right for an empty table reads all of a table that an import has filled.
SELECT pg_advisory_xact_lock(1818850917), set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: stored_variants
-- The variants with these SKUs, whosever they are, kept as they are until the transaction ends.
SELECT v.sku, v.product_id, v.label, v.position, v.price, v.was, v.stock, v.imported_stock, p.shop
FROM variant AS v JOIN product AS p USING (product_id)
WHERE v.sku = ANY($1::text[])
ORDER BY v.sku
FOR UPDATE OF v

-- name: stored_products
-- The products with these ids.
SELECT product_id, title, description, image, shop, status, published, more_images FROM product
WHERE product_id = ANY($1::text[])

-- name: save_products
-- Add or replace products, new ones at the end in the order given; none changes its shop.
-- $1 ids, $2 titles, $3 descriptions, $4 images, $5 words, joined by spaces, $6 shops, $7 statuses,
-- $8 whether published, $9 the images behind the first, joined by spaces: no address has one
INSERT INTO product (product_id, title, description, image, words, shop, status, published,
                     more_images)
SELECT product_id, title, description, image,
       array_to_tsvector(string_to_array(words, ' ')), shop, status, published,
       string_to_array(more_images, ' ')
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::text[], $8::boolean[], $9::text[])
     WITH ORDINALITY AS given (product_id, title, description, image, words, shop, status,
                               published, more_images, number)
ORDER BY number
ON CONFLICT (product_id) DO UPDATE
SET title = EXCLUDED.title, description = EXCLUDED.description, image = EXCLUDED.image,
    words = EXCLUDED.words, status = EXCLUDED.status, published = EXCLUDED.published,
    more_images = EXCLUDED.more_images

-- name: save_variants
-- Add or replace variants.
INSERT INTO variant (sku, product_id, label, position, price, was, stock, imported_stock)
SELECT *
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::bigint[],
            $7::bigint[], $8::bigint[])
ON CONFLICT (sku) DO UPDATE
SET label = EXCLUDED.label, position = EXCLUDED.position, price = EXCLUDED.price,
    was = EXCLUDED.was, stock = EXCLUDED.stock, imported_stock = EXCLUDED.imported_stock
