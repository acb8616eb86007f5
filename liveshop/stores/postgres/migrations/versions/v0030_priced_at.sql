-- By which state of its session an order was priced, so that it can be priced again.
--
-- A node of an earlier release leaves the column out: it knows no offers, and a null says that
-- there were none.

-- name: priced_at
-- The offset of the newest event in that state; null for an order that no offer could be for.
ALTER TABLE orders ADD COLUMN priced_at int

-- name: orders_priced_at
-- Not validated: the column is new, so that no row from before could break it.
ALTER TABLE orders ADD CONSTRAINT orders_priced_at_is_an_offset CHECK (priced_at > 0) NOT VALID
