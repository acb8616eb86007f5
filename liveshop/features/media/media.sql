-- Uploaded pictures, and the sums of a shop's.

-- name: find
-- Read an upload. $1 id
SELECT * FROM upload WHERE id = $1

-- name: page
-- List uploads, the newest first, from the one after $1. $1 id or null, $2 limit, $3 shop or null
-- for all
SELECT * FROM upload
WHERE number < COALESCE((SELECT number FROM upload WHERE id = $1), 9223372036854775807)
  AND ($3::text IS NULL OR shop = $3)
ORDER BY number DESC LIMIT $2

-- name: add
-- Add an upload, or lock the one that is there; a row is returned if it was added.
-- $1 id, $2 shop, $3 instant, $4 format, $5 width, $6 height, $7 bytes, $8 renditions
INSERT INTO upload (id, shop, created_at_ms, format, width, height, bytes, renditions)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)
ON CONFLICT (id) DO UPDATE SET id = upload.id
RETURNING xmax = 0 AS added

-- name: count_in
-- Add an upload to its shop's sums. No row is returned if that would be more than it may have.
-- $1 shop or '', $2 bytes, $3 how many it may have, $4 how many bytes
INSERT INTO upload_total AS t (shop, uploads, bytes) VALUES ($1, 1, $2)
ON CONFLICT (shop) DO UPDATE SET uploads = t.uploads + 1, bytes = t.bytes + $2
WHERE t.uploads < $3 AND t.bytes + $2 <= $4
RETURNING uploads

-- name: total
-- Read the sums of a shop. $1 shop or ''
SELECT uploads, bytes FROM upload_total WHERE shop = $1

-- name: shown_by
-- Find a product that shows an upload. $1 id, $2 the addresses of its files
SELECT product_id FROM product WHERE image LIKE '/media/%' AND substr(image, 8, 32) = $1
UNION ALL
SELECT product_id FROM product WHERE more_images <> '{}' AND more_images && $2::text[]
LIMIT 1

-- name: remove
-- Delete an upload's row, and take it out of its shop's sums. $1 id
WITH gone AS (DELETE FROM upload WHERE id = $1 RETURNING shop, bytes)
UPDATE upload_total AS t SET uploads = t.uploads - 1, bytes = t.bytes - gone.bytes
FROM gone WHERE t.shop = COALESCE(gone.shop, '')
RETURNING gone.shop
