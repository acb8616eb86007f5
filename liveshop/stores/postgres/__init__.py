"""Postgres, the truth: catalogue, sessions, the event log, allocations, orders, payments."""
