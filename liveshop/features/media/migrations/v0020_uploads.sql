-- Uploaded pictures. Their files lie in a folder or in S3, by the same id.

-- name: upload
-- A picture that somebody of a shop has uploaded; `renditions` are its files, in JSON. The number
-- is its place among all: lists have the newest first.
CREATE TABLE upload (
    id            text COLLATE "C" PRIMARY KEY,
    number        bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    shop          text COLLATE "C",
    created_at_ms bigint NOT NULL,
    format        text NOT NULL,
    width         int NOT NULL CHECK (width > 0),
    height        int NOT NULL CHECK (height > 0),
    bytes         bigint NOT NULL CHECK (bytes > 0),
    renditions    jsonb NOT NULL
);

-- name: upload_by_shop
CREATE INDEX upload_by_shop ON upload (shop, number);

-- name: upload_total
-- The sums of a shop's uploads, under whose lock they are added and deleted; '' are those without
-- a shop.
CREATE TABLE upload_total (
    shop    text COLLATE "C" PRIMARY KEY,
    uploads bigint NOT NULL CHECK (uploads >= 0),
    bytes   bigint NOT NULL CHECK (bytes >= 0)
);

-- name: product_by_upload
-- Which products show an upload: it is not deleted before them.
CREATE INDEX product_by_upload ON product (substr(image, 8, 32)) WHERE image LIKE '/media/%';
