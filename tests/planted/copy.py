"""A copy of the code in a folder of its own, and the tests that are run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

ROOT: Final = Path(__file__).parents[2]
_COPIED: Final = ("liveshop", "tests", "loadtests")
_RUN_S_MAX: Final = 300


class Tested(NamedTuple):
    """How many tests were run, which failed first, and what pytest said."""

    ran: int
    failed: str | None
    said: str


class Copy:
    """The project's code, to be broken without harm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in _COPIED:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def imported(self) -> bool:
        """Whether Python finds the copy, and not the project, where the tests are run."""
        found = self._python("-c", "import liveshop; print(liveshop.__file__)").stdout.strip()
        return Path(found).is_relative_to(self.folder)

    def test(self, tests: Sequence[str]) -> Tested:
        """Run tests one after the other until one fails."""
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        options = ("-x", "-q", "-p", "no:cacheprovider", f"--junitxml={report}")
        try:
            said = self._python("-m", "pytest", *options, *tests).stdout
        except subprocess.TimeoutExpired:
            return Tested(0, None, f"nothing came of it in {_RUN_S_MAX} s")
        if not report.exists():
            return Tested(0, None, said)
        cases = list(ElementTree.parse(report).iter("testcase"))
        failed = [case for case in cases if {"failure", "error"} & {each.tag for each in case}]
        return Tested(len(cases), _name(failed[0]) if failed else None, said)

    def _python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_RUN_S_MAX,
            check=False,
        )


def _name(case: ElementTree.Element) -> str:
    """Return a test's name as pytest takes it, without parameters."""
    module = case.get("classname", "").replace(".", "/")
    return f"{module}.py::{case.get('name', '').partition('[')[0]}"
