"""Deliveries that were not taken are found among millions that were."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Create the index."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
