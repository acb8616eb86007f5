-- The brands of shops.

-- name: brand
-- All that a shop puts in front of its customers, in JSON; '' is the shop without a name. The other
-- columns are the uploads that its pictures are: none is deleted before the brand lets it go.
CREATE TABLE brand (
    shop          text COLLATE "C" PRIMARY KEY,
    brand         jsonb NOT NULL,
    logo          text COLLATE "C" REFERENCES upload,
    cover         text COLLATE "C" REFERENCES upload,
    favicon       text COLLATE "C" REFERENCES upload,
    share_picture text COLLATE "C" REFERENCES upload
);

-- name: brand_by_logo
-- These are for the deletion of an upload, which looks for brands that have it.
CREATE INDEX brand_by_logo ON brand (logo) WHERE logo IS NOT NULL;

-- name: brand_by_cover
CREATE INDEX brand_by_cover ON brand (cover) WHERE cover IS NOT NULL;

-- name: brand_by_favicon
CREATE INDEX brand_by_favicon ON brand (favicon) WHERE favicon IS NOT NULL;

-- name: brand_by_share_picture
CREATE INDEX brand_by_share_picture ON brand (share_picture) WHERE share_picture IS NOT NULL;
