"""The ids of payments as merchants gave them: each shop has its own."""

from pathlib import Path

from alembic import op

from liveshop.stores.postgres.queries import load_queries

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the index."""
    for statement in load_queries(Path(__file__).with_suffix(".sql")).values():
        op.execute(statement)
