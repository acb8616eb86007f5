"""Why an order that waited for its money is void before its time."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
