"""The share of each line in its order's total, the reasons for it, and charges besides lines."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns and the table."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
