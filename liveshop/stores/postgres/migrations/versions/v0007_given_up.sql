-- Why an order that waited for its money is void before its time.

-- name: given_up
-- A column of its own: a node of an earlier release knows no such `void_code`, and means `expired`.
ALTER TABLE orders ADD COLUMN given_up text

-- name: orders_given_up_check
-- Not validated: the column is new, so that no row from before could break it, and the scan would
-- hold the lock that every sale needs.
ALTER TABLE orders ADD CONSTRAINT orders_given_up_check
    CHECK (given_up IN ('released', 'payment_failed')) NOT VALID

-- name: orders_given_up_says_why
COMMENT ON COLUMN orders.given_up IS 'P5: what was told of a void order is told ever after'
