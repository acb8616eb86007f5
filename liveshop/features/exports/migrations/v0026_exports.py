"""Files of orders, events and samples."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Create the tables."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
