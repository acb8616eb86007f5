"""Play whole shows on a node of this tree next to one of another checkout, the release before."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import anyio

from liveshop.cli.local_stores import local_stores
from loadtests.kit.checkout import THIS, Checkout
from tests.upgrade.nodes import two_releases
from tests.upgrade.play import play


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _run(before: Checkout, redis_url: str, postgres_url: str, folder: Path) -> None:
    async with two_releases(THIS, before, redis_url, postgres_url, folder) as both:
        await play(both, _say)


def _main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__)
    parser.add_argument("--before", type=Path, required=True, help="the folder of that checkout")
    told = parser.parse_args(arguments)
    if not (told.before / "liveshop").is_dir():
        parser.error(f"{told.before} is no checkout of liveshop")
    before = Checkout(told.before.resolve())
    with tempfile.TemporaryDirectory(prefix="liveshop-upgrade-") as name:
        folder = Path(name)
        with local_stores(folder, durable=False) as stores:
            anyio.run(_run, before, stores.valkey.url, stores.postgres.url, folder)
    _say("Both releases served every scene, and the books are in order.")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
