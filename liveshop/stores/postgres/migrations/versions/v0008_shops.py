"""The shop that sessions and products belong to, and what an API key is good for."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns and the indexes."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
