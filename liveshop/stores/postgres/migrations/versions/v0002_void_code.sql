-- Why an order is void, so that its buyer is told the same whoever asks, and whenever.

-- name: void_code
-- The verdict on a void order; a node of an earlier release leaves it out, and means `expired`.
ALTER TABLE orders ADD COLUMN void_code text;

-- name: orders_void_says_why
COMMENT ON COLUMN orders.void_code IS 'P5: what was told of a void order is told ever after'
