"""The cover of a session."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
