"""`liveshop demo`: a whole live session on this machine, with real stores and a small crowd."""

import asyncio
import logging
import os
import signal
import sys
import time
import webbrowser
from contextlib import ExitStack
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import FrameType
from typing import Final

import anyio.to_thread
import click
import httpx
from rich.console import Console

from liveshop.cli.crowd import run_crowd
from liveshop.cli.demo_api import NotReady, until_ready
from liveshop.cli.demo_folder import (
    DemoFolder,
    DemoInfo,
    DemoKeys,
    DemoShow,
    FolderError,
    TokenClaims,
    demo_folder,
)
from liveshop.cli.demo_show import DEMO_CURRENCY, prepare_show
from liveshop.cli.demo_video import stream_address, with_video
from liveshop.cli.environment import forget_postgres, read_settings
from liveshop.cli.local_postgres import LocalPostgres
from liveshop.cli.local_stores import running
from liveshop.cli.local_valkey import LocalValkey
from liveshop.cli.local_worker import local_worker
from liveshop.cli.logs import log_to
from liveshop.cli.looped_video import SHAPES
from liveshop.cli.node import PortTaken, listen, serve_until_signalled
from liveshop.cli.subprocesses import LocalStoreError
from liveshop.core.errors import Unavailable, reason
from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.edge.server import Server
from liveshop.stores.postgres.migrate import migrate

# A webhook of the demo is a program next to it.
_THIS_MACHINE: Final = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_EVERYWHERE: Final = ("0.0.0.0", "::")

_logger: Final = logging.getLogger(__name__)


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Where the demo keeps its data; a second start continues with it.",
)
@click.option("--crowd/--no-crowd", default=True, help="Simulate viewers who chat, like and buy.")
@click.option(
    "--video",
    type=click.Choice([*SHAPES, "none"]),
    default=SHAPES[0],
    show_default=True,
    help="The stream that a new demo shows.",
)
@click.option("--browser/--no-browser", default=True, help="Open the pages.")
@click.option("--redis-url", help="Use this server instead of starting one.")
@click.option("--postgres-url", help="Use this server instead of starting one.")
def demo(
    port: int,
    data: Path,
    crowd: bool,
    video: str,
    browser: bool,
    redis_url: str | None,
    postgres_url: str | None,
) -> None:
    """Run a live session with everything it needs; Ctrl-C stops all of it.

    Other settings are read from the environment, as `liveshop serve` does.
    """
    settings = replace(read_settings(), port=port)
    _refuse_what_the_show_is_not(settings)
    if postgres_url is None:
        forget_postgres()
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console()
    try:
        with ExitStack() as stack:
            stack.enter_context(listener := listen(settings.host, port))
            folder = stack.enter_context(demo_folder(data.resolve()))
            folder.withdraw()
            log = logging.FileHandler(folder.path / "liveshop.log")
            log_to(log, settings.log_level, settings.log_format)
            console.print("Starting Valkey and PostgreSQL…")
            keys = folder.keys(settings.secret, TokenClaims.of(settings))
            settings = replace(
                settings,
                secret=keys.secret,
                redis_url=redis_url or _start_valkey(stack, folder),
                postgres_url=postgres_url or _start_postgres(stack, folder),
                media_folder=str(folder.path / "media"),
                egress_allow=settings.egress_allow or _THIS_MACHINE,
            )
            _migrate(settings.postgres_url)
            stack.enter_context(local_worker(settings, folder.path / "worker.log"))
            show = _Show(settings, folder, keys, console, crowd=crowd, video=video, browser=browser)
            serve_until_signalled(
                settings, listener, show.run, lambda app: with_video(app, _now_ms)
            )
            if show.failure:
                raise click.ClickException(show.failure)
    except (PortTaken, FolderError, LocalStoreError) as error:
        hint = " with --port" if isinstance(error, PortTaken) else ""
        raise click.ClickException(f"{error}{hint}") from error
    except KeyboardInterrupt:
        pass  # Ctrl-C before the server took over: everything has been stopped on the way here.
    console.print("Stopped.")


def _refuse_what_the_show_is_not(settings: Settings) -> None:
    """End the command where the show could not be prepared: it sells in euros, and has a host."""
    if settings.currency != DEMO_CURRENCY:
        raise click.ClickException(
            f"LIVESHOP_CURRENCY: the demo sells in {DEMO_CURRENCY}, leave it out for the demo"
        )
    if settings.secret_role_max != Role.ADMIN.word:
        raise click.ClickException(
            "LIVESHOP_SECRET_ROLE_MAX: the demo signs the tokens of a host and an admin, leave it"
            " out for the demo"
        )


def _migrate(postgres_url: str) -> None:
    try:
        asyncio.run(migrate(postgres_url))
    except Unavailable as error:
        raise click.ClickException(f"PostgreSQL does not answer: {reason(error)}") from error


class _Show:
    """The show that runs along with the demo's server: its preparation, its pages, its crowd."""

    def __init__(
        self,
        settings: Settings,
        folder: DemoFolder,
        keys: DemoKeys,
        console: Console,
        *,
        crowd: bool,
        video: str,
        browser: bool,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._keys = keys
        self._console = console
        self._crowd = crowd
        self._stream_url = None if video == "none" else stream_address(video)
        self._browser = browser
        self.failure = ""
        host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
        self._url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"

    async def run(self, server: Server) -> None:
        """Prepare the show, tell where it is, and let the crowd in.

        If the server cannot be reached, that ends it, and `failure` says why.
        """
        try:
            await until_ready(self._url)
            show = await prepare_show(
                self._url,
                self._folder,
                self._keys,
                self._stream_url,
                dressed_at_ms=_now_ms(),
            )
        except (httpx.HTTPError, NotReady) as error:
            if server.should_exit:
                _logger.info("stopped before the show was ready")
                return
            log = self._folder.path / "liveshop.log"
            self.failure = f"the demo cannot prepare its show: {reason(error)} (log: {log})"
            server.should_exit = True
            return
        self._folder.announce(self._info(show))
        pages = self._tell_pages(show.session_id)
        if self._browser and _has_screen():
            await anyio.to_thread.run_sync(_open_pages, pages)
        if self._crowd:
            await run_crowd(self._url, show.session_id, self._keys)

    def _info(self, show: DemoShow) -> DemoInfo:
        return DemoInfo(
            url=self._url,
            session_id=show.session_id,
            host_token=self._keys.host_token,
            admin_token=self._keys.admin_token,
            viewer_tokens=self._keys.viewer_tokens,
            redis_url=self._settings.redis_url,
            postgres_url=self._settings.postgres_url,
            pid=os.getpid(),
            secret=self._keys.secret,
            api_key=show.api_key,
        )

    def _tell_pages(self, session_id: str) -> list[str]:
        pages = {
            "Shows": f"{self._url}/#token={self._keys.host_token}",
            "Host console": f"{self._url}/host/{session_id}#token={self._keys.host_token}",
            "Viewer page": f"{self._url}/watch/{session_id}#token={self._keys.viewer_tokens[0]}",
        }
        for name, page in pages.items():
            self._console.print(f"\n[bold]{name}[/bold]")
            # Unbroken, so that it can be clicked and copied.
            self._console.print(page, soft_wrap=True, highlight=False, markup=False)
        self._console.print("\nCtrl-C stops everything.")
        return list(pages.values())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _start_valkey(stack: ExitStack, folder: DemoFolder) -> str:
    valkey = LocalValkey(folder.path / "valkey")
    stack.enter_context(running(valkey))
    return valkey.url


def _start_postgres(stack: ExitStack, folder: DemoFolder) -> str:
    postgres = LocalPostgres(folder.path / "postgres")
    stack.enter_context(running(postgres))
    return postgres.url


def _has_screen() -> bool:
    # Without one, a browser of text would take the terminal.
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform == "darwin" or any(os.environ.get(screen) for screen in screens)


def _open_pages(pages: list[str]) -> None:
    for page in pages:
        webbrowser.open(page)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
