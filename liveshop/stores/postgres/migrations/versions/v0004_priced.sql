-- The share of each line in its order's total, the reasons for it, and charges besides lines.
--
-- A node of an earlier release goes on selling while this one starts: it names the columns that it
-- writes, and leaves these out. Therefore all of them may be null, and a null has one meaning:
-- `final` is price * qty, which is what such a node sums up to the total. Readers say so by
-- coalesce. A default cannot name other columns, a generated column could never hold a discount,
-- and a trigger would cost every purchase. For the same reason rows that are there already are
-- not rewritten: neither a scan nor a copy of the table stands between buyers and their orders.
-- An earlier node meets no order that it would misread: what makes a final differ, or adds a
-- charge, is opened only once every node of a session knows of it.

-- name: order_line_final
-- The price of the whole line after all discounts.
ALTER TABLE order_line ADD COLUMN final bigint

-- name: order_line_final_within_price
-- Not validated: the column is new, so that no row from before could break it, and the scan would
-- hold the lock that every sale needs.
ALTER TABLE order_line ADD CONSTRAINT order_line_final_within_price
    CHECK (final BETWEEN 0 AND price * qty) NOT VALID

-- name: order_line_final_says_why
COMMENT ON CONSTRAINT order_line_final_within_price ON order_line IS
    'An offer never raises a price, and never makes it negative'

-- name: order_line_memo
-- The note of a feature with a reservation, kept as it came; nothing here reads it.
ALTER TABLE order_line ADD COLUMN memo json

-- name: order_line_memo_within_bytes
ALTER TABLE order_line ADD CONSTRAINT order_line_memo_within_bytes
    CHECK (octet_length(memo::text) <= 512) NOT VALID

-- name: orders_why
-- The reasons why finals are not price * qty, null if there are none: each has its stage, label,
-- amount and its share of each line by rid.
ALTER TABLE orders ADD COLUMN why jsonb

-- name: orders_why_is_a_list
ALTER TABLE orders ADD CONSTRAINT orders_why_is_a_list
    CHECK (jsonb_typeof(why) = 'array') NOT VALID

-- name: order_charge
-- Units of a row that an order takes besides its lines: a code's use, a gift, a bundle's count.
-- A SKU's units are taken by a line, never by a charge. `cap` is the buyer's limit in that row
-- when it was ordered, null without one.
CREATE TABLE order_charge (
    order_id text COLLATE "C" NOT NULL REFERENCES orders,
    "row"    text COLLATE "C" NOT NULL CHECK ("row" LIKE '@%'),
    n        int NOT NULL CHECK (n > 0),
    cap      int CHECK (cap >= 0),
    PRIMARY KEY (order_id, "row")
);

-- name: order_charge_pkey
COMMENT ON CONSTRAINT order_charge_pkey ON order_charge IS
    'An order takes of a row once, in whatever many lines its reasons lie'
