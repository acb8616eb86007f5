"""`liveshop doctor`: say what is wrong with a set-up, and what to do."""

import asyncio
import os
from typing import Final

import click

from liveshop.cli.checks import (
    Check,
    Verdict,
    check_keys,
    check_media,
    check_open_files,
    check_plain_text,
    check_postgres,
    check_redis,
)
from liveshop.cli.environment import read_settings
from liveshop.cli.people_checks import check_names, check_people_key
from liveshop.core.settings import Settings

_MARKS: Final = {
    Verdict.GOOD: ("✓", "green"),
    Verdict.WARNING: ("!", "yellow"),
    Verdict.BAD: ("✗", "red"),
}


@click.command()
def doctor() -> None:
    """Say what is wrong with this set-up, and what to do; exits 1 if anything is."""
    checks = asyncio.run(_examine(read_settings()))
    for check in checks:
        mark, colour = _MARKS[check.verdict]
        click.echo(f"{click.style(mark, fg=colour)} {check.found}")
        if check.fix:
            click.echo(f"  → {check.fix}")
    if any(check.verdict is Verdict.BAD for check in checks):
        raise SystemExit(1)


async def _examine(settings: Settings) -> list[Check]:
    return [
        check_keys(settings),
        check_people_key(settings),
        check_open_files(settings),
        check_media(settings),
        *check_plain_text(settings, os.environ),
        *await check_redis(settings.redis_url),
        *await check_postgres(settings.postgres_url),
        *await check_names(settings),
    ]
