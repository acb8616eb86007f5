-- How shops want their buyers named.

-- name: naming
-- Read what a shop has chosen, no row if nothing. $1 shop, empty for none
SELECT naming FROM bought_naming WHERE shop = $1

-- name: choose
-- Keep what a shop chooses. $1 shop, empty for none, $2 the choice
INSERT INTO bought_naming (shop, naming) VALUES ($1, $2)
ON CONFLICT (shop) DO UPDATE SET naming = excluded.naming
