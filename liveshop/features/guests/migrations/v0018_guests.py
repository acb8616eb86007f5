"""Guests of sessions, and the networks that banned viewers came from."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the tables."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
