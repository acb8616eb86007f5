"""The checkout of liveshop whose server is measured: this one, or another one beside it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from liveshop.core.settings import PREFIX
from loadtests.kit.worker import WorkerFailed

# The names of the two checkouts in figures.
OURS: Final = "liveshop"
AGAINST: Final = "the other checkout"
_NODE: Final = Path("loadtests/kit/node.py")
_PROGRAM: Final = "from liveshop.cli.commands import main; main()"
_MIGRATE_S_MAX: Final = 120.0


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
    def environment(self) -> dict[str, str]:
        """The variables that make an interpreter import this checkout and no other."""
        return {"PYTHONPATH": str(self.folder), "PYTHONSAFEPATH": "1"}

    def migrate(self, postgres_url: str) -> None:
        """Bring a database up to this checkout's schema; raises WorkerFailed."""
        others = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
        done = subprocess.run(
            [self.python, "-c", _PROGRAM, "migrate"],
            env=others | self.environment | {f"{PREFIX}POSTGRES_URL": postgres_url},
            capture_output=True,
            text=True,
            timeout=_MIGRATE_S_MAX,
            check=False,
        )
        if done.returncode:
            raise WorkerFailed(f"`liveshop migrate` of {self.folder}: {done.stderr.strip()}")


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
