"""`liveshop audit`: check what the engine promises against what the stores say."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import anyio
import click
from rich.console import Console
from rich.progress import Progress

from liveshop.cli.environment import read_settings
from liveshop.cli.reach import require_schema, try_redis, until_connected
from liveshop.core.errors import LiveshopError, NotFound, reason
from liveshop.core.feature import Vocabulary
from liveshop.core.settings import Settings
from liveshop.core.wire import encode_one
from liveshop.features import FEATURES
from liveshop.stores.audit.findings import Finding
from liveshop.stores.audit.look import audit as look
from liveshop.stores.audit.look import unread
from liveshop.stores.audit.repair import repair as mend
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.ways import link_to

_COULD_NOT_LOOK: Final = 2
_FILES: Final = tuple(each.audit for each in Vocabulary(FEATURES).features if each.audit)
# A repair may make the next one possible: units first, then what was sold of them.
_ROUNDS_MAX: Final = 3
# Half a second is enough for a loaded node to load what was repaired.
_WAITS_MAX: Final = 20
_WAIT_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The findings that remain in the end, and the repairs made before."""

    findings: list[Finding]
    repairs: list[str] = field(default_factory=list)
    # Sessions that were repaired and are not in Redis again: their copies could not be checked.
    unread: list[str] = field(default_factory=list)


class _CouldNotLook(click.ClickException):
    exit_code = _COULD_NOT_LOOK


@click.command()
@click.option("--session", metavar="ID", help="Look only at one session, and the SKUs it sells.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--repair",
    is_flag=True,
    help="Repair what can be computed again, never orders or money, and say what was done.",
)
def audit(session: str | None, as_json: bool, repair: bool) -> None:
    """Check the promises P1 to P5, and Redis against Postgres.

    Exits with 0 if all are kept, 1 on any finding, 2 if it could not look. It may run while
    sessions are live, with --repair too. Reads LIVESHOP_POSTGRES_URL and LIVESHOP_REDIS_URL.
    """
    try:
        with _progress() as progress:
            outcome = asyncio.run(_audit(read_settings(), session, repair, progress))
    except (NotFound, click.ClickException) as error:
        raise _CouldNotLook(str(error)) from error
    except LiveshopError as error:
        why = f"a store does not answer: {reason(error)}; `liveshop doctor` says more"
        raise _CouldNotLook(why) from error
    _print_json(outcome) if as_json else _print(outcome, repair)
    if outcome.findings:
        raise SystemExit(1)
    if outcome.unread:
        raise SystemExit(_COULD_NOT_LOOK)


async def _audit(
    settings: Settings, session: str | None, repair: bool, progress: Callable[[int, int], None]
) -> _Outcome:
    await try_redis(settings.redis_url)
    await require_schema(settings.postgres_url)
    database = Database(settings.postgres_url, pool_max=1)
    link = link_to(settings.redis_url)

    async def work() -> _Outcome:
        ask = partial(look, database, link, session_id=session, files=_FILES, progress=progress)
        outcome = _Outcome(await ask())
        for _ in range(_ROUNDS_MAX if repair else 0):
            done = await mend(database, link, outcome.findings, session)
            if not done:
                break
            missing = await _still_unread(database, link, session)
            found = await ask()
            outcome = _Outcome(found, outcome.repairs + done, missing)
        return outcome

    return await _with_stores(database, link, work)


async def _still_unread(database: Database, link: RedisLink, session: str | None) -> list[str]:
    """Wait for nodes to load into Redis what was repaired; return the sessions that none has."""
    for _ in range(_WAITS_MAX):
        missing = await unread(database, link, session)
        if not missing:
            break
        await anyio.sleep(_WAIT_S)
    return missing


async def _with_stores(
    database: Database, link: RedisLink, work: Callable[[], Awaitable[_Outcome]]
) -> _Outcome:
    async with anyio.create_task_group() as tasks:
        for store in (database, link):
            await tasks.start(store.run)
        await until_connected(link)
        outcome: _Outcome | LiveshopError
        try:
            outcome = await work()
        except LiveshopError as error:
            # Carried out of the task group, which would wrap it up with others.
            outcome = error
        tasks.cancel_scope.cancel()
    if isinstance(outcome, LiveshopError):
        raise outcome
    return outcome


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far it is, and nobody else."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("looking")
        yield lambda done, steps: bar.update(task, completed=done, total=steps)


def _print_json(outcome: _Outcome) -> None:
    rows = [
        {
            "promise": finding.promise,
            "check": finding.check,
            "session": finding.session,
            "what": finding.what,
            "todo": finding.todo,
            "repairable": finding.mends,
        }
        for finding in outcome.findings
    ]
    click.echo(encode_one({"findings": rows, "repairs": outcome.repairs, "unread": outcome.unread}))


def _print(outcome: _Outcome, repair: bool) -> None:
    for line in outcome.repairs:
        click.echo(f"repaired  {line}")
    for finding in outcome.findings:
        click.echo(f"{finding.promise}  {finding.where}: {finding.what}")
    for session in outcome.unread:
        click.echo(f"unread  session {session}: audit again once a node has loaded it into Redis")
    if outcome.findings or not outcome.unread:
        _print_todo(outcome.findings, repair)


def _print_todo(findings: Sequence[Finding], repair: bool) -> None:
    if not findings:
        click.echo("Every promise is kept.")
        return
    click.echo("1 finding." if len(findings) == 1 else f"{len(findings)} findings.")
    for check, finding in {each.check: each for each in findings}.items():
        refused = "could not be repaired: " if repair and finding.mends else ""
        click.echo(f"  → {check}: {refused}{finding.todo}")
