"""A copy of the project without some of its features, and the tests that are run in it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_UNCOPIED: Final = shutil.ignore_patterns(
    *(".git", ".venv*", ".*_cache", ".hypothesis", ".autobahn", ".debian13*", ".fuzz"),
    *("node_modules", "dist"),
)


class LineMissing(Exception):
    """A list has no line of a feature, or more than one; the message says which."""


class Tree:
    """A clean copy of the project in a folder that is not there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        shutil.copytree(ROOT, folder, ignore=_UNCOPIED)

    def leave_out(self, names: Iterable[str]) -> None:
        """Take features' lines out of both lists; raises LineMissing."""
        for name in names:
            imported = rf"from liveshop\.features\.{name} import (\w+)\n"
            listing = self.folder / "liveshop/features/__init__.py"
            constant = self._taken(listing, rf"^{imported}")[1]
            self._taken(listing, rf"^    {constant},\n")
            parts = self.folder / "liveshop/features/parts.js"
            if re.search(rf'name: "{name}"', parts.read_text(encoding="utf-8")):
                self._taken(parts, rf'^  \{{ name: "{name}".*\}},\n')
            states = self.folder / "liveshop/features/states.js"
            if f'"./{name}/' in states.read_text(encoding="utf-8"):
                self._taken(states, rf'^import .* from "\./{name}/.*\n')
                self._taken(states, rf"^  {name},\n")

    def test(self, without: Sequence[str], *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run tests in the copy, without those that need the features that are left out."""
        options = [f"--without={name}" for name in without]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, *arguments],
            cwd=self.folder,
            env=os.environ | self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def show(self, without: Sequence[str], *arguments: str) -> int:
        """Run tests as `test` does, with what pytest says on the terminal; return its exit code."""
        options = [f"--without={name}" for name in without]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, *arguments],
            cwd=self.folder,
            env=os.environ | self._environment,
            check=False,
        ).returncode

    @property
    def _environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}

    def _taken(self, path: Path, pattern: str) -> re.Match[str]:
        text = path.read_text(encoding="utf-8")
        found = list(re.finditer(pattern, text, re.MULTILINE))
        if len(found) != 1:
            name = path.relative_to(self.folder)
            raise LineMissing(f"{name} has {len(found)} lines like {pattern!r}, not one")
        path.write_text(text[: found[0].start()] + text[found[0].end() :], encoding="utf-8")
        return found[0]
