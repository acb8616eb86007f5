-- Product sets.

-- name: product_set
-- A named list of products. Ids are a shop's own; a set of no shop has the shop ''. `body` has the
-- products in their order, each with its units by SKU, its limit and the host's notes.
CREATE TABLE product_set (
    shop           text COLLATE "C" NOT NULL,
    set_id         text COLLATE "C" NOT NULL,
    name           text NOT NULL,
    notes          text NOT NULL,
    body           jsonb NOT NULL,
    products_total int NOT NULL,
    updated_ms     bigint NOT NULL,
    PRIMARY KEY (shop, set_id)
);

-- name: product_set_by_id
-- For whoever may see the sets of all shops.
CREATE INDEX product_set_by_id ON product_set (set_id, shop);
