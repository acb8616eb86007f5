-- The first schema. Ids compare by bytes (COLLATE "C"): cheaper than a language's order, and the
-- order in which Python sorts, so that every transaction takes its row locks in the same order.
-- Money is in minor units, instants are Unix milliseconds of Redis' clock.

-- name: product
-- A product of the catalogue; `position` is the order in which products were added.
CREATE TABLE product (
    product_id  text COLLATE "C" PRIMARY KEY,
    title       text NOT NULL,
    description text NOT NULL,
    image       text,
    position    bigint GENERATED ALWAYS AS IDENTITY UNIQUE
);

-- name: variant
-- The thing bought. `stock` are the free units; `imported_stock` is what the last import or post
-- said, and stock = imported_stock + sum of stock_ledger.delta at all times.
CREATE TABLE variant (
    sku            text COLLATE "C" PRIMARY KEY,
    product_id     text COLLATE "C" NOT NULL REFERENCES product,
    label          text NOT NULL,
    position       int NOT NULL,
    price          bigint NOT NULL CHECK (price >= 0),
    was            bigint CHECK (was >= 0),
    stock          bigint NOT NULL,
    imported_stock bigint NOT NULL,
    CONSTRAINT variant_stock_not_negative CHECK (stock >= 0)
);

-- name: variant_stock_not_negative
COMMENT ON CONSTRAINT variant_stock_not_negative ON variant IS
    'P1: sessions never set aside more units than the catalogue has';

-- name: variant_by_product
-- Not unique: a variant that a later import no longer has keeps the place that it had.
CREATE INDEX variant_by_product ON variant (product_id, position);

-- name: session
-- A live event. This row is the lock under which its stock, quotas and orders change.
-- `number` is the order of creation; `seq` numbers the changes of orders; `orders`, `units`,
-- `revenue` count what is confirmed; `newest_ms` is the newest instant that was written.
CREATE TABLE session (
    id           text COLLATE "C" PRIMARY KEY,
    number       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    title        text NOT NULL,
    status       text NOT NULL
                 CHECK (status IN ('draft', 'scheduled', 'live', 'paused', 'ended')),
    starts_at_ms bigint,
    currency     text NOT NULL,
    payment      text NOT NULL CHECK (payment IN ('direct', 'checkout')),
    hold_ms      bigint NOT NULL CHECK (hold_ms > 0),
    stream_url   text,
    checkout_url text,
    created_ms   bigint NOT NULL,
    newest_ms    bigint NOT NULL,
    head_offset  int NOT NULL DEFAULT 0,
    stock_epoch  int NOT NULL DEFAULT 0,
    settled      boolean NOT NULL DEFAULT false,
    seq          bigint NOT NULL DEFAULT 0,
    orders       bigint NOT NULL DEFAULT 0 CHECK (orders >= 0),
    units        bigint NOT NULL DEFAULT 0 CHECK (units >= 0),
    revenue      bigint NOT NULL DEFAULT 0 CHECK (revenue >= 0),
    CONSTRAINT session_settled_after_end CHECK (status = 'ended' OR NOT settled)
) WITH (fillfactor = 50);

-- name: session_settled_after_end
COMMENT ON CONSTRAINT session_settled_after_end ON session IS
    'P1: units go back to the catalogue only after the session can sell no more';

-- name: session_unsettled
CREATE INDEX session_unsettled ON session (id)
    WHERE NOT settled AND status IN ('live', 'paused', 'ended');

-- name: event
-- The log of a session for ever; `body` is the whole event message.
CREATE TABLE event (
    session_id text COLLATE "C" NOT NULL REFERENCES session,
    "offset"   int NOT NULL CHECK ("offset" > 0),
    at_ms      bigint NOT NULL,
    type       text NOT NULL,
    body       jsonb NOT NULL,
    PRIMARY KEY (session_id, "offset")
);

-- name: event_offset_once
COMMENT ON CONSTRAINT event_pkey ON event IS
    'One event an offset: of two nodes that decide at once, one appends, the other decides again';

-- name: stock
-- The units of a session: a row is a SKU ('s' and the SKU) or a sale ('@' and the offset of its
-- sale.started, which caps the SKUs' units and adds none). `version` rises with every change.
CREATE TABLE stock (
    session_id text COLLATE "C" NOT NULL REFERENCES session,
    "row"      text COLLATE "C" NOT NULL,
    sku        text COLLATE "C" REFERENCES variant,
    units      int NOT NULL,
    sold       int NOT NULL DEFAULT 0,
    version    bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (session_id, "row"),
    CONSTRAINT stock_row_names_its_sku CHECK (
        CASE WHEN sku IS NULL THEN "row" LIKE '@%' ELSE "row" = 's' || sku END
    ),
    CONSTRAINT stock_sold_within_units CHECK (sold BETWEEN 0 AND units)
) WITH (fillfactor = 50);

-- name: stock_sold_within_units
COMMENT ON CONSTRAINT stock_sold_within_units ON stock IS
    'P1: nothing is oversold, whatever Redis believes; an order that would is refused whole';

-- name: buyer_quota
-- The units that a buyer has bought in a scope (a row's name). `cap` is the limit at the last
-- increase, so that a limit lowered later refuses increases only. No foreign key: it is written
-- under the lock of its session's row only, and the check would cost a tenth of every purchase.
CREATE TABLE buyer_quota (
    session_id text COLLATE "C" NOT NULL,
    scope      text COLLATE "C" NOT NULL,
    buyer      text COLLATE "C" NOT NULL,
    bought     int NOT NULL,
    cap        int NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (session_id, scope, buyer),
    CONSTRAINT buyer_quota_within_cap CHECK (bought BETWEEN 0 AND cap)
) WITH (fillfactor = 80);

-- name: buyer_quota_within_cap
COMMENT ON CONSTRAINT buyer_quota_within_cap ON buyer_quota IS
    'A per-buyer limit holds even while Redis knows nothing of what was bought';

-- name: orders
-- The durable record of a purchase. `seq` is drawn from session.seq under the session's lock, a
-- new one at each change of status, so that a reader who follows it misses nothing.
-- `args_hash` tells a replay from another order with the same id; a void one may have none.
-- No foreign key to the session, for the same reason as with buyer_quota.
CREATE TABLE orders (
    id           text COLLATE "C" PRIMARY KEY,
    session_id   text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    buyer        text COLLATE "C" NOT NULL,
    status       text NOT NULL
                 CHECK (status IN ('pending', 'confirmed', 'void', 'cancelled', 'refunded')),
    total        bigint NOT NULL CHECK (total >= 0),
    currency     text NOT NULL,
    epoch        int NOT NULL,
    args_hash    bytea,
    pay_until_ms bigint,
    at_ms        bigint NOT NULL,
    CONSTRAINT orders_seq_once UNIQUE (session_id, seq),
    CONSTRAINT orders_args_known CHECK (status = 'void' OR args_hash IS NOT NULL),
    CONSTRAINT orders_pending_ends CHECK (status <> 'pending' OR pay_until_ms IS NOT NULL)
);

-- name: orders_pkey
COMMENT ON CONSTRAINT orders_pkey ON orders IS
    'P5: an order has one record, confirmed or void, however often and by whomever it is sent';

-- name: orders_pending_ends
COMMENT ON CONSTRAINT orders_pending_ends ON orders IS
    'P4: an order that waits for money has a deadline';

-- name: orders_by_buyer
CREATE INDEX orders_by_buyer ON orders (session_id, buyer, seq);

-- name: orders_pending
CREATE INDEX orders_pending ON orders (session_id, pay_until_ms) WHERE status = 'pending';

-- name: order_line
-- A reservation that was ordered. `sale` is '' or the row of the sale whose price it has; the
-- limits are those of the two scopes when it was reserved (none outside a sale, or in one without).
CREATE TABLE order_line (
    rid        text COLLATE "C" PRIMARY KEY,
    order_id   text COLLATE "C" NOT NULL REFERENCES orders,
    sku        text COLLATE "C" NOT NULL,
    sale       text COLLATE "C" NOT NULL CHECK (sale = '' OR sale LIKE '@%'),
    qty        int NOT NULL CHECK (qty > 0),
    price      bigint NOT NULL CHECK (price >= 0),
    sku_limit  int NOT NULL,
    sale_limit int
);

-- name: order_line_pkey
COMMENT ON CONSTRAINT order_line_pkey ON order_line IS
    'P5: a reservation is ordered once';

-- name: order_line_by_order
CREATE INDEX order_line_by_order ON order_line (order_id);

-- name: payment
-- Money as the merchant reported it. `reason` says why it is to be given back.
CREATE TABLE payment (
    id       text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL REFERENCES orders,
    amount   bigint NOT NULL CHECK (amount >= 0),
    status   text NOT NULL CHECK (status IN ('received', 'applied', 'refund_due', 'refunded')),
    reason   text,
    at_ms    bigint NOT NULL,
    CONSTRAINT payment_refund_says_why
        CHECK ((status IN ('refund_due', 'refunded')) = (reason IS NOT NULL))
);

-- name: payment_pkey
COMMENT ON CONSTRAINT payment_pkey ON payment IS
    'P3: money that was reported is recorded once, before anything is done with it';

-- name: payment_applied_once
-- P3: of two payments for one order, one is applied and the other given back.
CREATE UNIQUE INDEX payment_applied_once ON payment (order_id) WHERE status = 'applied';

-- name: payment_open
CREATE INDEX payment_open ON payment (status, id);

-- name: payment_by_order
CREATE INDEX payment_by_order ON payment (order_id);

-- name: stock_ledger
-- Every move between the catalogue and a session, from the catalogue's side. `event_id` names the
-- cause, so that the same move cannot be made twice.
CREATE TABLE stock_ledger (
    event_id   text COLLATE "C" PRIMARY KEY,
    sku        text COLLATE "C" NOT NULL REFERENCES variant,
    delta      bigint NOT NULL,
    reason     text NOT NULL CHECK (reason IN ('allocated', 'returned', 'cancelled', 'short')),
    session_id text COLLATE "C" REFERENCES session,
    order_id   text COLLATE "C" REFERENCES orders
);

-- name: stock_ledger_pkey
COMMENT ON CONSTRAINT stock_ledger_pkey ON stock_ledger IS
    'P1: units move between catalogue and session once for each cause';

-- name: stock_ledger_by_sku
CREATE INDEX stock_ledger_by_sku ON stock_ledger (sku);

-- name: api_key
-- A merchant's key; the secret itself is shown once and kept nowhere.
CREATE TABLE api_key (
    id         text COLLATE "C" PRIMARY KEY,
    name       text NOT NULL,
    hash       bytea NOT NULL UNIQUE,
    created_ms bigint NOT NULL
);
