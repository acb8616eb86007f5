-- The pictures of a product behind its first.
--
-- A node of an earlier release goes on: it leaves the column out, and what it adds has one picture.
-- A default that is a constant rewrites no row.

-- name: more_images
-- Their addresses, in their order; the first picture is `image`.
ALTER TABLE product ADD COLUMN more_images text[] COLLATE "C" NOT NULL DEFAULT '{}'

-- name: product_images_check
-- Not validated: all rows from before have the default, and the scan would hold the lock that every
-- purchase needs.
ALTER TABLE product ADD CONSTRAINT product_images_check
    CHECK (cardinality(more_images) <= 7) NOT VALID

-- name: product_by_more_images
-- Which products show an upload: it is not deleted before them.
CREATE INDEX product_by_more_images ON product USING gin (more_images)
    WHERE more_images <> '{}'
