-- Deliveries that were not taken are found among millions that were.

-- name: webhook_delivery_undelivered
-- For how each webhook fares, and for its dead letters.
CREATE INDEX webhook_delivery_undelivered ON webhook_delivery (webhook_id, state, number)
    WHERE state IN ('dead', 'aborted', 'parked')
