"""Play the same show on this tree and on another checkout, and compare all that was told."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from liveshop.cli.local_stores import local_stores
from loadtests.kit.checkout import THIS, Checkout
from tests.recording.allowances import ALLOWANCES
from tests.recording.differences import Difference, differences, needed
from tests.recording.server import open_server
from tests.recording.show import play
from tests.recording.tape import Tape

FIRST: Final = Path(__file__).with_name("first.txt")


def record(checkout: Checkout, *, document: bool = True) -> Tape:
    """Play the show on a server of a checkout, with stores of its own."""
    with tempfile.TemporaryDirectory(prefix="liveshop-recording-") as name:
        folder = Path(name)
        with local_stores(folder, durable=False) as stores:
            checkout.run("migrate", LIVESHOP_POSTGRES_URL=stores.postgres.url)
            with open_server(checkout, stores.valkey.url, stores.postgres.url, folder) as server:
                return asyncio.run(
                    play(server.url, server.secret, document=document, stop=server.stop)
                )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _lines(tape: Tape) -> int:
    return sum(map(len, tape.lines.values()))


def _compare(before: Tape, after: Tape) -> list[Difference]:
    """Say what differs, and which allowances that took; return what is not allowed."""
    for why, lines in needed(before, after, ALLOWANCES).items():
        _say(f"allowed in {lines} lines: {why}" if lines else f"allowed, not needed: {why}")
    found = differences(before, after, ALLOWANCES)
    for difference in found:
        _say(f"\n{difference}")
    return found


def _main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.recording", description=__doc__)
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--against", type=Path, help="the folder of another checkout")
    chosen.add_argument(
        "--write", action="store_true", help="write the recording of the suite again"
    )
    parser.add_argument("--keep", type=Path, help="a folder to keep both recordings in")
    told = parser.parse_args(arguments)
    if told.write:
        FIRST.write_text(record(THIS, document=False).text(), encoding="utf-8")
        return 0
    if not (told.against / "liveshop").is_dir():
        parser.error(f"{told.against} is no checkout of liveshop")
    before, after = record(Checkout(told.against.resolve())), record(THIS)
    if told.keep:
        for name, tape in (("before", before), ("after", after)):
            (told.keep / f"{name}.txt").write_text(tape.text(), encoding="utf-8")
    found = _compare(before, after)
    _say(f"\n{_lines(before)} lines before and {_lines(after)} after; {len(found)} parts differ.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(_main())
