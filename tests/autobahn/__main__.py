"""Run the Autobahn test suite against an echo of the gateway: `make autobahn`."""

import argparse
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import anyio
import uvloop

from tests.autobahn.echo import echoing
from tests.autobahn.report import faults, page, read_outcomes

_PAGE: Final = Path(__file__).parents[2] / "docs" / "autobahn.md"
# An hour, of which a run takes some ten minutes, nearly all for compressed messages.
_RUN_S_MAX: Final = 3600
# Python 2.7: site-packages in a folder of their own, without the trouble of an environment.
_SUITE: Final = """
import site, sys
site.addsitedir(sys.argv.pop(1))
from autobahntestsuite.wstest import run
run()
"""


def _write_spec(reports: Path, url: str) -> Path:
    """Write what the suite is to do: every case but those of performance."""
    spec = {
        "outdir": str(reports),
        "servers": [{"agent": "liveshop", "url": url}],
        "cases": ["*"],
        "exclude-cases": ["9.*"],
        "exclude-agent-cases": {},
    }
    path = reports / "spec.json"
    path.write_text(json.dumps(spec))
    return path


async def _fuzz(python2: str, installed: Path, reports: Path) -> None:
    """Run the suite's client; it writes its reports at the end, if it gets there."""
    command = [python2, "-E", "-s", "-W", "ignore", "-c", _SUITE, str(installed)]
    async with echoing() as url:
        command += ["--mode", "fuzzingclient", "--spec", str(_write_spec(reports, url))]
        with anyio.fail_after(_RUN_S_MAX):
            await anyio.run_process(command, stdout=None, stderr=None, check=False)


def _conclude(reports: Path) -> int:
    """Judge the reports and write the page if all is well; return the exit code."""
    index = reports / "index.json"
    if not index.exists():
        sys.stderr.write("The suite did not come to its end.\n")
        return 1
    outcomes = read_outcomes(index)
    found = list(faults(outcomes))
    if found:
        sys.stderr.write("\n".join([*found, f"The reports are in {reports}.", ""]))
        return 1
    libraries = ("websockets", "uvicorn", "uvloop")
    versions = {"autobahntestsuite": "0.8.2"} | {name: version(name) for name in libraries}
    _PAGE.write_text(page(outcomes, versions), encoding="utf-8")
    sys.stdout.write(f"All {len(outcomes)} cases went as they should: see {_PAGE}.\n")
    return 0


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.autobahn", description=__doc__)
    parser.add_argument("--python2", required=True, help="the interpreter of Python 2.7")
    parser.add_argument("--installed", required=True, type=Path, help="where the suite is")
    given = parser.parse_args()
    installed = given.installed.resolve()
    reports = installed / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir()
    uvloop.run(_fuzz(given.python2, installed, reports))
    return _conclude(reports)


if __name__ == "__main__":
    sys.exit(_main())
