-- The fulfilment of orders: what merchants' systems bring back of them.

-- name: fulfilment
-- One order that has left. `session_id` and `buyer` are those of the order.
CREATE TABLE fulfilment (
    order_id     text COLLATE "C" PRIMARY KEY REFERENCES orders,
    session_id   text COLLATE "C" NOT NULL,
    buyer        text COLLATE "C" NOT NULL,
    state        text NOT NULL CHECK (state IN ('shipped', 'delivered')),
    carrier      text,
    tracking     text,
    tracking_url text,
    shipped_ms   bigint NOT NULL,
    delivered_ms bigint,
    CONSTRAINT fulfilment_delivered_at CHECK ((state = 'delivered') = (delivered_ms IS NOT NULL))
)

-- name: fulfilment_by_session
CREATE INDEX fulfilment_by_session ON fulfilment (session_id, order_id)

-- name: fulfilment_by_buyer
CREATE INDEX fulfilment_by_buyer ON fulfilment (session_id, buyer, order_id)
