"""The stores: Redis for speed, Postgres for the truth; foreign errors are translated here."""
