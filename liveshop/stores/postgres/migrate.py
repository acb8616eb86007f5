"""Bring a database's schema up to date, one process at a time."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from liveshop.core.limits import POSTGRES_CONNECT_MS_MAX
from liveshop.core.postgres_address import asyncpg_url
from liveshop.stores.postgres.translate import connecting

T = TypeVar("T")

# SQLSTATE of a statement that the role may not carry out.
_MAY_NOT = "42501"

# Any number will do, as long as nothing else on the server takes it.
_LOCK = 0x6C697665


class MayNotMigrate(Exception):
    """PostgreSQL lets the role of the URL do too little; the message is its own line about it."""


async def migrate(url: str, *, to: str = "head") -> None:
    """Apply the steps that `url` lacks, all or none; another process that does the same waits.

    A schema of a later release stays as it is. Raises Unavailable where the database cannot be
    reached, and MayNotMigrate.
    """
    await _run(url, lambda connection: _upgrade(connection, to))


async def current(url: str) -> str | None:
    """Return the step that `url` is at, None for an empty database.

    Raises Unavailable if it is away, and MayNotMigrate if the role may not read which step it is.
    """
    return await _run(url, lambda c: MigrationContext.configure(c).get_current_revision())


def head() -> str:
    """Return the step that this release needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def fits(revision: str | None) -> bool:
    """Return True if a release can work with a schema at a step: its own, or a later release's.

    Steps only expand, so that a node of this release runs next to one of the release after it.
    """
    return revision == head() or _is_later(revision)


def _is_later(revision: str | None) -> bool:
    """Whether only a later release knows a step."""
    known = {each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()}
    return revision is not None and revision not in known


def _config() -> Config:
    config = Config()
    own = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(own))
    # One chain for all: a step of a feature stands in the feature's folder, and is applied whether
    # or not a node has the feature.
    features = sorted((own.parents[2] / "features").glob("*/migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option(
        "version_locations", os.pathsep.join(map(str, (own / "versions", *features)))
    )
    return config


def _upgrade(connection: Connection, to: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    script = ScriptDirectory.from_config(config)
    known = MigrationContext.configure(connection).get_current_revision()
    if _is_later(known):
        # Each pod migrates before it serves: one of this release that is restarted while the next
        # one is rolled out, or after it is rolled back, would never serve again.
        return
    if known is not None and known != script.get_current_head():
        # Steps lock tables that orders are being written to. An order's transaction begins with its
        # session: a step that held `orders` and then asked for `session` would wait for one that
        # waits for it.
        connection.execute(text("LOCK TABLE session IN ACCESS EXCLUSIVE MODE"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


async def _run(url: str, work: Callable[[Connection], T]) -> T:
    # asyncpg reads the address itself: SQLAlchemy's reading knows no list of hosts.
    plain, _ = asyncpg_url(url)

    async def connect() -> Any:
        with connecting():
            return await asyncpg.connect(
                plain, timeout=POSTGRES_CONNECT_MS_MAX / 1000, statement_cache_size=0
            )

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        poolclass=NullPool,
        # PgBouncer may give the connection to another process that counts its statements too.
        connect_args={"prepared_statement_name_func": lambda: f"liveshop_{uuid4().hex}"},
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _MAY_NOT:
            raise MayNotMigrate(str(error.orig).rpartition(">: ")[2]) from error
        raise
