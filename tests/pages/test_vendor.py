"""The browser modules of others: listed, unchanged, licensed, and importing only each other."""

import re
from pathlib import Path

import pytest

from tools.vendor import FOLDERS, LIST_NAME, VENDOR, digest, listed

_BARE_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["']@?\w""")
# A library that only the tests use may also ask for changes to itself to be shown.
_LICENSES = {True: ("MIT", "Apache-2.0", "OFL-1.1"), False: ("MIT", "Apache-2.0", "MPL-2.0")}


@pytest.mark.parametrize("folder", FOLDERS, ids=["pages", "tests"])
def test_every_file_is_listed_with_its_digest(folder: Path) -> None:
    named = {entry["to"]: entry["sha256"] for each in listed(folder) for entry in each["files"]}
    found = {
        path.relative_to(folder).as_posix(): digest(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.name != LIST_NAME
    }
    assert found == named


@pytest.mark.parametrize("folder", FOLDERS, ids=["pages", "tests"])
def test_every_package_has_its_version_and_its_licence_beside_it(folder: Path) -> None:
    for package in listed(folder):
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["license"] in _LICENSES[folder == VENDOR]
        assert any(entry["to"].endswith("/LICENSE.txt") for entry in package["files"])


def test_no_module_needs_an_import_map_or_has_a_source_map() -> None:
    for path in VENDOR.rglob("*.js"):
        assert not _BARE_IMPORT.search(path.read_text()), path.name
        assert "sourceMappingURL" not in path.read_text(), path.name
