-- Settings that a node asks of each connection. PgBouncer does not pass them on: give them to the
-- nodes' user.
ALTER ROLE liveshop SET statement_timeout = '9s';
ALTER ROLE liveshop SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE liveshop SET enable_seqscan = off;
ALTER ROLE liveshop SET jit = off;
