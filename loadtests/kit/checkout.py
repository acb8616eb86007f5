"""The checkout of liveshop whose server is measured: this one, or a second one."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import click

from liveshop.core.settings import PREFIX
from loadtests.kit.worker import WorkerFailed

# The names of the two checkouts in figures.
OURS: Final = "liveshop"
AGAINST: Final = "the other checkout"
_NODE: Final = Path("loadtests/kit/node.py")
_RUN_S_MAX: Final = 600.0


@dataclass(frozen=True)
class Checkout:
    """A copy of the code, by its folder."""

    folder: Path

    @property
    def python(self) -> str:
        """The interpreter of the checkout's own `.venv` where it has one, else ours."""
        own = self.folder / ".venv/bin/python"
        return str(own) if own.exists() else sys.executable

    @property
    def liveshop(self) -> tuple[str, ...]:
        """The command that starts `liveshop`, without arguments."""
        return (self.python, "-c", "from liveshop.cli.commands import main; main()")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make an interpreter import this checkout and no other."""
        return {"PYTHONPATH": str(self.folder), "PYTHONSAFEPATH": "1"}

    def known(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return those settings that this checkout's server has, and say which it has not.

        An older one would refuse to start with them.
        """
        if self == THIS:
            return dict(settings)
        unknown = sorted(settings.keys() - self._settings)
        if unknown:
            click.echo(f"{self.folder} has no {', '.join(unknown)}: left out there", err=True)
        return {name: text for name, text in settings.items() if name not in unknown}

    def run(self, *arguments: str, **settings: str) -> str:
        """Run `liveshop` to its end and return what it says; raises WorkerFailed if it fails."""
        done = self._run(*arguments, **settings)
        if done.returncode:
            raise WorkerFailed(f"`liveshop {arguments[0]}` of {self.folder}: {_said(done)}")
        return done.stdout.strip()

    def audit(self, redis_url: str, postgres_url: str) -> tuple[bool, str]:
        """Run `liveshop audit`; return whether every promise is kept, and what it says."""
        stores = {f"{PREFIX}REDIS_URL": redis_url, f"{PREFIX}POSTGRES_URL": postgres_url}
        done = self._run("audit", **stores)
        return done.returncode == 0, _said(done)

    def _run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        # Settings in our environment are meant for others.
        others = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
        return subprocess.run(
            [*self.liveshop, *arguments],
            env=others | self.environment | settings,
            capture_output=True,
            text=True,
            timeout=_RUN_S_MAX,
            check=False,
        )

    @cached_property
    def _settings(self) -> frozenset[str]:
        return frozenset(re.findall(rf"{PREFIX}[A-Z0-9_]+", self.run("serve", "--help")))


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip() or done.stderr.strip()


THIS: Final = Checkout(Path(__file__).resolve().parents[2])


def checkout_option(
    context: click.Context, option: click.Parameter, folder: Path | None
) -> Checkout | None:
    """Return the checkout that `--against` names; raises BadParameter."""
    if folder is None:
        return None
    if not (folder / _NODE).is_file():
        raise click.BadParameter(f"{folder} is no checkout of liveshop: it has no {_NODE}")
    return Checkout(folder.resolve())
