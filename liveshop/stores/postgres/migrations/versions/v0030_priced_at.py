"""By which state of its session an order was priced."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the column."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
