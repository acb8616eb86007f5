"""The checks of `liveshop doctor`: each says what it found and how to put it right."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import anyio

from liveshop.cli.open_files import allow_open_files
from liveshop.cli.reach import try_redis, until_connected
from liveshop.core.errors import LiveshopError, reason
from liveshop.core.limits import CLOCK_JUMP_ALARM_MS
from liveshop.core.plain_text import plain_text
from liveshop.core.settings import Settings, SettingsError
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.migrate import MayNotMigrate, current, fits, head
from liveshop.stores.postgres.rights import Rights, rights_of
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.ways import link_to

_REDIS_MIN: Final = (7, 0)
_POSTGRES_MIN: Final = 15
_GRANT: Final = "Run deploy/postgres/roles.sql as the role that owns the tables, or as a superuser."


class Verdict(StrEnum):
    """A check is GOOD, a WARNING that one can live with, or BAD: the server cannot work so."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `fix` says what to do about it, empty if it is good."""

    verdict: Verdict
    found: str
    fix: str = ""


def _good(found: str) -> Check:
    return Check(Verdict.GOOD, found)


def check_keys(settings: Settings) -> Check:
    """Look whether tokens can be checked."""
    try:
        settings.require_keys()
    except SettingsError as error:
        return Check(Verdict.BAD, "There is no key to check tokens with.", str(error))
    return _good("Tokens can be checked.")


def check_open_files(settings: Settings) -> Check:
    """Look whether the system lets us have as many connections as the settings allow."""
    allowed = allow_open_files(settings.connections_max)
    if allowed < settings.connections_max:
        return Check(
            Verdict.WARNING,
            f"The system allows {allowed} connections, fewer than LIVESHOP_CONNECTIONS_MAX "
            f"({settings.connections_max}).",
            "Raise the hard limit (`ulimit -Hn`, LimitNOFILE), or lower the setting.",
        )
    return _good(f"The system allows {allowed} connections.")


def check_media(settings: Settings) -> Check:
    """Look whether there is a place for uploaded pictures."""
    if settings.s3_endpoint:
        return _good(f"Uploaded pictures go to S3, into {settings.s3_bucket}.")
    folder = Path(settings.media_folder).resolve()
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return _good(f"Uploaded pictures go to {folder}, which has to be the same for all nodes.")
    return Check(
        Verdict.WARNING,
        f"Nothing can be uploaded: {folder} cannot be written to.",
        "Set LIVESHOP_MEDIA_FOLDER to a folder that all nodes share, or LIVESHOP_S3_ENDPOINT.",
    )


def check_plain_text(settings: Settings, environment: Mapping[str, str]) -> list[Check]:
    """Look for what goes in plain text to another host."""
    found = plain_text(settings, environment)
    if not found:
        return [_good("Nothing goes to another host in plain text.")]
    return [
        Check(
            Verdict.WARNING,
            f"{each.setting} sends {each.what} in plain text: {', '.join(each.hosts)}.",
            f"{each.fix}; otherwise nobody else may be on that network.",
        )
        for each in found
    ]


async def check_redis(url: str) -> list[Check]:
    """Look at Redis: whether it answers, its version, its memory policy and its clock."""
    link = link_to(url)
    try:
        await try_redis(url)
    except LiveshopError as error:
        return [_away("Redis", "LIVESHOP_REDIS_URL", error)]
    async with anyio.create_task_group() as tasks:
        await tasks.start(link.run)
        try:
            await until_connected(link)
            checks = await _redis_checks(link)
        except LiveshopError as error:
            checks = [_away("Redis", "LIVESHOP_REDIS_URL", error)]
        tasks.cancel_scope.cancel()
    return checks


async def _redis_checks(link: RedisLink) -> list[Check]:
    server = await _information(link, "server")
    version = server.get("valkey_version") or server["redis_version"]
    name = "Valkey" if "valkey_version" in server else "Redis"
    checks = [_redis_version(name, version, server["redis_version"])]
    memory = await _information(link, "memory")
    policy = memory["maxmemory_policy"]
    if policy == "noeviction":
        checks.append(_good(f"{name} forgets nothing when it is full (noeviction)."))
    else:
        fix = (
            f"Run `CONFIG SET maxmemory-policy noeviction`, and put it into {name}'s configuration."
        )
        checks.append(Check(Verdict.BAD, f"{name} drops reservations when full: {policy}.", fix))
    persistence = await _information(link, "persistence")
    if persistence["aof_enabled"] == "0":
        found = f"{name} loses its data in a restart: sessions are then rebuilt from PostgreSQL."
        fix = "Run `CONFIG SET appendonly yes` to keep carts and chat, too."
        checks.append(Check(Verdict.WARNING, found, fix))
    apart_ms = abs(await link.now_ms() - time.time_ns() // 1_000_000)
    if apart_ms > CLOCK_JUMP_ALARM_MS:
        found = f"The clocks of {name} and of this machine are {apart_ms} ms apart."
        checks.append(Check(Verdict.WARNING, found, "Run an NTP client on both."))
    return checks


def _redis_version(name: str, version: str, speaks: str) -> Check:
    if tuple(int(part) for part in speaks.split(".")[:2]) < _REDIS_MIN:
        found = f"{name} {version} is too old: it has no functions."
        return Check(Verdict.BAD, found, "Use 7.0 or newer.")
    return _good(f"{name} {version} answers.")


async def _information(link: RedisLink, section: str) -> dict[str, str]:
    text: str = await link.call("INFO", section)
    lines = (line.partition(":") for line in text.splitlines() if ":" in line)
    return {name: value.strip() for name, _, value in lines}


async def check_postgres(url: str) -> list[Check]:
    """Look at PostgreSQL: whether it answers, its version, its promises and its schema."""
    database = Database(url, pool_max=1)
    async with anyio.create_task_group() as tasks:
        try:
            await tasks.start(database.run)
            checks = await _postgres_checks(database, url)
        except LiveshopError as error:
            checks = [_away("PostgreSQL", "LIVESHOP_POSTGRES_URL", error)]
        tasks.cancel_scope.cancel()
    return checks


async def _postgres_checks(database: Database, url: str) -> list[Check]:
    row = await database.fetchrow(
        "SELECT current_setting('server_version') AS version,"
        " current_setting('server_version_num')::int / 10000 AS major,"
        " current_setting('synchronous_commit') AS synchronous,"
        " current_setting('fsync') AS fsync, pg_is_in_recovery() AS standby"
    )
    assert row is not None
    if row["major"] < _POSTGRES_MIN:
        found = f"PostgreSQL {row['version']} is too old."
        return [Check(Verdict.BAD, found, f"Use {_POSTGRES_MIN} or newer.")]
    checks = [_good(f"PostgreSQL {row['version']} answers.")]
    if row["standby"]:
        fix = "Name the primary, or all hosts."
        checks.append(Check(Verdict.BAD, "This PostgreSQL is a standby: nothing can be sold.", fix))
    if row["synchronous"] == "off" or row["fsync"] == "off":
        found = "PostgreSQL may lose confirmed orders in a crash."
        checks.append(Check(Verdict.BAD, found, "Set fsync and synchronous_commit to on."))
    rights = await rights_of(database)
    if not rights.closed_schema:
        checks.append(await _schema_check(url))
    return [*checks, _rights_check(rights)]


async def _schema_check(url: str) -> Check:
    wanted = head()
    try:
        revision = await current(url)
    except MayNotMigrate as error:
        return Check(Verdict.BAD, f"The schema cannot be read: {error}.", _GRANT)
    if revision == wanted:
        return _good(f"The schema is at {wanted}.")
    if fits(revision):
        return _good(
            f"The schema is at {revision}, which a later release has made: this one works too."
        )
    found = f"The schema is at {revision or 'nothing'}, this release needs {wanted}."
    return Check(Verdict.BAD, found, "Run `liveshop migrate`.")


def _rights_check(rights: Rights) -> Check:
    """Look whether the role has the rights that a node needs, and only these."""
    role = rights.role
    if rights.closed_schema:
        found = f"The role {role} may not use the schema {rights.closed_schema} of the tables."
        return Check(Verdict.BAD, found, _GRANT)
    if rights.missing:
        lacking = "; ".join(f"{table} ({what})" for table, what in rights.missing.items())
        return Check(Verdict.BAD, f"The role {role} lacks rights on tables: {lacking}.", _GRANT)
    if rights.changes_schema:
        found = f"The role {role} may change the schema, which nodes never do."
        fix = "Give this role to `liveshop migrate`, and nodes that of deploy/postgres/roles.sql."
        return Check(Verdict.WARNING, found, fix)
    return _good(f"The role {role} may read and write rows, and change no table.")


def _away(store: str, setting: str, error: BaseException) -> Check:
    fix = f"Start it, or correct {setting} (address, user, password, database)."
    return Check(Verdict.BAD, f"{store} does not answer: {reason(error)}", fix)
