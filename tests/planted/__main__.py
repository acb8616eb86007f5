"""Plant bugs in a copy of the code, and see that the tests notice each: `make planted`."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.planted.copy import ROOT, Copy
from tests.planted.fault import AnchorLost, Fault
from tests.planted.faults import FAULTS, SELLS

_HEAD: Final = (
    "| planted bug | what it would break | where | caught by | s |\n|---|---|---|---|---|"
)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _anchors_lost(faults: Sequence[Fault]) -> list[str]:
    lost = []
    for fault in faults:
        try:
            fault.planted(ROOT)
        except AnchorLost as why:
            lost.append(str(why))
    return lost


def _row(fault: Fault, caught_by: str, seconds: float) -> str:
    where = fault.file.removeprefix("liveshop/")
    return f"| {fault.name} | {fault.promise} | `{where}` | {caught_by} | {seconds:.0f} |"


def _try(copy: Copy, fault: Fault) -> bool:
    """Plant one fault, run its tests and print its row; return True if it was caught."""
    path = copy.folder / fault.file
    whole, started = path.read_text(encoding="utf-8"), time.monotonic()
    path.write_text(fault.planted(copy.folder), encoding="utf-8")
    try:
        tested = copy.test([SELLS, *fault.tests])
    finally:
        path.write_text(whole, encoding="utf-8")
    caught = tested.failed is not None and tested.failed != SELLS
    why = "**breaks everything**" if tested.failed == SELLS else "**nothing**"
    shown = f"`{(tested.failed or '').removeprefix('tests/')}`" if caught else why
    _say(_row(fault, shown, time.monotonic() - started))
    if not caught:
        sys.stderr.write(tested.said)
    return caught


def _chosen(names: Sequence[str]) -> list[Fault]:
    return [fault for fault in FAULTS if not names or any(name in fault.name for name in names)]


def _run(copy: Copy, faults: Sequence[Fault]) -> int:
    if not copy.imported():
        sys.stderr.write("Python imports the project itself, not the copy.\n")
        return 1
    tests = {test: None for fault in faults for test in (SELLS, *fault.tests)}
    sound = copy.test(list(tests))
    if sound.failed is not None or sound.ran < len(tests):
        sys.stderr.write(f"{sound.said}\nWithout any planted bug the tests do not pass.\n")
        return 1
    _say(f"Without any planted bug {sound.ran} tests pass.\n\n{_HEAD}")
    started = time.monotonic()
    survived = [fault.name for fault in faults if not _try(copy, fault)]
    caught, took_s = len(faults) - len(survived), time.monotonic() - started
    _say(f"\n{caught} of {len(faults)} planted bugs were caught, in {took_s:.0f} s.")
    for name in survived:
        sys.stderr.write(f"Not caught: {name}\n")
    return 1 if survived else 0


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="part of a fault's name")
    faults = _chosen(parser.parse_args().only)
    if not faults:
        parser.error("no fault has such a name")
    lost = _anchors_lost(faults)
    if lost:
        sys.stderr.write("\n".join(lost) + "\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="liveshop-planted-") as folder:
        return _run(Copy(Path(folder)), faults)


if __name__ == "__main__":
    sys.exit(_main())
