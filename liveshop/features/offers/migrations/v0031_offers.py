"""The secrets of offers, which the readers of a log are not to know."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Create the tables."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
