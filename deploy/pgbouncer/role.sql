-- Settings that a node asks of each connection. PgBouncer does not pass them on: give them to the
-- nodes' user.
ALTER ROLE liveshop_app SET statement_timeout = '9s';
ALTER ROLE liveshop_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE liveshop_app SET enable_seqscan = off;
ALTER ROLE liveshop_app SET jit = off;
