-- The brands of shops.

-- name: of_shop
-- Read a shop's brand. $1 shop or ''
SELECT brand FROM brand WHERE shop = $1

-- name: of_session
-- Read what a page of a session shows before its script runs. No row where there is no session.
-- $1 session
SELECT s.shop, s.title, s.status, b.brand
FROM session AS s LEFT JOIN brand AS b ON b.shop = COALESCE(s.shop, '')
WHERE s.id = $1

-- name: put
-- Replace a shop's brand. $1 shop or '', $2 the brand, $3 to $6 the uploads that its pictures are
INSERT INTO brand (shop, brand, logo, cover, favicon, share_picture)
VALUES ($1, $2::jsonb, $3, $4, $5, $6)
ON CONFLICT (shop) DO UPDATE SET brand = excluded.brand, logo = excluded.logo,
    cover = excluded.cover, favicon = excluded.favicon, share_picture = excluded.share_picture

-- name: strange
-- Find uploads that are another shop's than this one's, or not there. $1 shop or null, $2 ids
SELECT named.id FROM unnest($2::text[]) AS named (id)
LEFT JOIN upload AS u ON u.id = named.id
WHERE u.id IS NULL OR u.shop IS DISTINCT FROM $1
