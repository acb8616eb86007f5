"""`liveshop serve`: run one node."""

import logging
import os
import sys
from typing import Final

import click

from liveshop.cli.environment import settings_with_keys
from liveshop.cli.logs import log_to
from liveshop.cli.node import PortTaken, listen, serve_until_signalled
from liveshop.cli.subprocesses import STOP_S_MAX
from liveshop.cli.traces import TracesMissing, require_traces
from liveshop.cli.workers import supervise
from liveshop.core.plain_text import plain_text
from liveshop.core.settings import SETTINGS, Settings
from liveshop.edge.tokens import Tokens

_logger: Final = logging.getLogger(__name__)


class _WithSettings(click.Command):
    """A command whose help lists every setting."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Environment"):
            formatter.write_dl(
                [
                    (
                        setting.name,
                        f"{setting.meaning} [{setting.kind}; default: {setting.default or 'none'}]",
                    )
                    for setting in SETTINGS
                ]
            )


@click.command(cls=_WithSettings)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="How many nodes share the port, each a process; start one for each core.",
)
@click.option("--worker", is_flag=True, hidden=True, help="Be one of several.")
def serve(workers: int, worker: bool) -> None:
    """Serve sessions until SIGTERM or SIGINT.

    Any number of nodes may serve the same stores; run `liveshop migrate` first.
    """
    settings = settings_with_keys()
    for name in ("jwt_public_key", "jwt_public_key_second"):
        try:
            Tokens(public_key=getattr(settings, name))
        except ValueError as error:
            raise click.ClickException(f"LIVESHOP_{name.upper()}: {error}") from error
    try:
        require_traces(settings.traces_url)
    except TracesMissing as error:
        raise click.ClickException(str(error)) from error
    log_to(logging.StreamHandler(), settings.log_level, settings.log_format)
    if not worker:
        _warn_of_plain_text(settings)
    try:
        listener = listen(settings.host, settings.port, shared=worker)
    except PortTaken as error:
        raise click.ClickException(f"{error} (LIVESHOP_HOST, LIVESHOP_PORT)") from error
    if workers == 1:
        with listener:
            serve_until_signalled(settings, listener)
        return
    # The port was free; the workers take it one by one.
    listener.close()
    stop_s_max = settings.drain_ms / 1000 + STOP_S_MAX
    sys.exit(supervise(workers, stop_s_max))


def _warn_of_plain_text(settings: Settings) -> None:
    found = plain_text(settings, os.environ)
    if found:
        named = "; ".join(f"{each.setting} ({', '.join(each.hosts)})" for each in found)
        _logger.warning("plain text to other hosts: %s; `liveshop doctor` says what to do", named)
