"""The rights of a role in PostgreSQL, compared with those that nodes need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

_SQL: Final = queries("rights")


@dataclass(frozen=True, slots=True)
class Rights:
    """A role, and the rights on rows that it lacks, by table.

    `closed_schema` is where our tables are if the role may not even see them there.
    """

    role: str
    changes_schema: bool
    closed_schema: str | None
    missing: Mapping[str, str]


async def rights_of(database: Database) -> Rights:
    """Return the rights of the role that `database` connects as."""
    row = await database.fetchrow(_SQL["role"])
    assert row is not None
    missing = await database.fetch(_SQL["missing"])
    return Rights(
        role=row["role"],
        changes_schema=row["changes_schema"],
        closed_schema=row["closed_schema"],
        missing={each["table"]: each["privileges"] for each in missing},
    )
