"""Indices by which bans are read by place, and what has ended is found."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the indices."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
