"""Payments are told by triggers."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Create the triggers."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
