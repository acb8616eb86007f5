-- Shops, and what an API key is good for. A node of the release before writes none of these
-- columns: what it makes belongs to no shop, and its keys are good for everything.

-- name: session_shop
-- The shop that a session belongs to, null for none. It never changes.
ALTER TABLE session ADD COLUMN shop text COLLATE "C";

-- name: product_shop
-- The shop that a product belongs to, null for none.
ALTER TABLE product ADD COLUMN shop text COLLATE "C";

-- name: api_key_limits
-- The shop that a key is bound to, its scopes, when it ends, and when it was used last, to the
-- minute. Null: all shops, all scopes, never, not yet.
ALTER TABLE api_key
    ADD COLUMN shop text COLLATE "C",
    ADD COLUMN scopes text[],
    ADD COLUMN expires_ms bigint,
    ADD COLUMN used_ms bigint;

-- name: session_by_shop
-- For the list of one shop's sessions.
CREATE INDEX session_by_shop ON session (shop, number) WHERE shop IS NOT NULL;

-- name: product_by_shop
-- For the list of one shop's products.
CREATE INDEX product_by_shop ON product (shop, position) WHERE shop IS NOT NULL;
