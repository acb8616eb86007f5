-- Each status of a payment is told by the outbox, in the transaction that says so, also if a node
-- of the release before does. A purchase that is not paid elsewhere has no payment.

-- name: tell_payment
-- Tell a status of a payment. Two shops may have given the same id, so that its subject has the
-- order, too. When it was received is on record; for the rest PostgreSQL's clock will do.
CREATE FUNCTION tell_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO outbox (subject, type, session_id, shop, at_ms, data)
    SELECT 'payment/' || o.id || '/' || given.id, 'payment.' || NEW.status, o.session_id, s.shop,
           CASE NEW.status WHEN 'received' THEN NEW.at_ms
                           ELSE (extract(epoch FROM clock_timestamp()) * 1000)::bigint END,
           json_build_object(
               'payment_id', given.id, 'order_id', o.id, 'session_id', o.session_id,
               'viewer_id', o.buyer, 'status', NEW.status, 'reason', NEW.reason,
               'amount', NEW.amount, 'currency', o.currency
           )
    FROM orders AS o
    JOIN session AS s ON s.id = o.session_id
    CROSS JOIN (SELECT substr(NEW.id, strpos(NEW.id, chr(31)) + 1) AS id) AS given
    WHERE o.id = NEW.order_id;
    RETURN NULL;
END
$$

-- name: payment_received_is_told
CREATE TRIGGER payment_received_is_told AFTER INSERT ON payment
FOR EACH ROW EXECUTE FUNCTION tell_payment()

-- name: payment_status_is_told
CREATE TRIGGER payment_status_is_told AFTER UPDATE ON payment
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION tell_payment()
