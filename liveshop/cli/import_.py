"""`liveshop import FILE`: a product CSV or an inventory CSV into the catalogue."""

import getpass
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from liveshop.cli.environment import read_settings
from liveshop.cli.reach import require_schema
from liveshop.core.activity import OK, Activity, ActorKind
from liveshop.core.errors import LiveshopError, Unavailable, reason
from liveshop.core.fields import is_id
from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.features.catalogue_import import ImportReport, import_products
from liveshop.stores.postgres.activity import ActivityStore
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.database import Database

_CHUNK_BYTES = 65_536
_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    DownloadColumn(),
    TimeRemainingColumn(),
)


def _shop(context: click.Context, option: click.Parameter, given: str | None) -> str | None:
    if given is not None and not is_id(given):
        raise click.BadParameter("it takes 1 to 64 characters, none of them a control character")
    return given


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", callback=_shop, help="The shop to import into; none if left out.")
def import_(file: Path, shop: str | None) -> None:
    """Import FILE, a product CSV or an inventory CSV from Shopify, into the catalogue.

    Rows that cannot be taken are listed with their line, and all others are kept; the exit code
    is 1 then. A row that is taken in another way than it says is noted. The same file may be
    imported again. Reads LIVESHOP_POSTGRES_URL and LIVESHOP_CURRENCY.
    """
    settings = read_settings()
    console = Console(stderr=True)
    try:
        with Progress(
            *_COLUMNS, console=console, transient=True, disable=not console.is_terminal
        ) as bar:
            task = bar.add_task(file.name, total=file.stat().st_size)
            report = anyio.run(
                _import, file, settings, shop, lambda done: bar.update(task, completed=done)
            )
    except Unavailable as error:
        raise click.ClickException(
            f"PostgreSQL does not answer at LIVESHOP_POSTGRES_URL: {reason(error)};"
            " `liveshop doctor` says more; what was imported before is kept, run the same again"
        ) from error
    except (LiveshopError, OSError) as error:
        raise click.ClickException(str(error)) from error
    _show(report)
    if report.bad_rows:
        raise SystemExit(1)


async def _import(
    file: Path, settings: Settings, shop: str | None, progress: Callable[[int], None]
) -> ImportReport:
    await require_schema(settings.postgres_url)
    database = Database(settings.postgres_url, pool_max=1)
    result: ImportReport | LiveshopError | OSError
    async with anyio.create_task_group() as tasks:
        await tasks.start(database.run)
        outcome = OK
        try:
            result = await import_products(
                Catalogue(database), _chunks(file), settings.currency, progress, shop=shop
            )
        except (LiveshopError, OSError) as error:
            # Carried out of the task group, which would wrap it up with others.
            result = error
            outcome = getattr(error, "code", "unknown")
        with suppress(LiveshopError):  # the import's own error says that PostgreSQL is away
            await ActivityStore(database).add([_activity(file, shop, outcome)])
        tasks.cancel_scope.cancel()
    if isinstance(result, Exception):
        raise result
    return result


def _user() -> str:
    """Return who runs the command; a container may have no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "cli"


def _activity(file: Path, shop: str | None, outcome: str) -> Activity:
    """Return the entry of the activity log, by this machine's clock and user."""
    user = _user()
    return Activity(
        activity_id=uuid4().hex,
        at_ms=time.time_ns() // 1_000_000,
        subject=user,
        name=user,
        role=Role.ADMIN.word,
        kind=ActorKind.CLI,
        action="import_csv",
        object=file.name.encode(errors="replace").decode(),
        session_id=None,
        shop=shop,
        outcome=outcome,
        address=None,
    )


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(file, "rb") as opened:
        while chunk := await opened.read(_CHUNK_BYTES):
            yield chunk


def _show(report: ImportReport) -> None:
    click.echo(f"{report.products} products with {report.variants} variants")
    click.echo(
        f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged,"
        f" {report.bad_rows} bad rows"
    )
    for row in report.bad:
        click.echo(f"line {row.line}  {row.handle or '-'}  {row.reason}")
    _show_more(report.bad_kinds, len(report.bad))
    for note in report.notes:
        click.echo(f"line {note.line}  {note.handle or '-'}  note: {note.note}")
    _show_more(report.note_kinds, len(report.notes))


def _show_more(kinds: Mapping[str, int], listed: int) -> None:
    more = sum(kinds.values()) - listed
    if more:
        counts = ", ".join(f"{count} of {kind}" for kind, count in kinds.items())
        click.echo(f"and {more} more; of all of them {counts}")
