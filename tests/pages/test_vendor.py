"""The browser modules of others: listed, unchanged, licensed, and importing only each other."""

import json
import re

from tools.vendor import LIST, VENDOR, digest

_PACKAGES = json.loads(LIST.read_text())
_BARE_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["']@?\w""")


def test_every_file_is_listed_with_its_digest() -> None:
    listed = {entry["to"]: entry["sha256"] for each in _PACKAGES for entry in each["files"]}
    found = {
        path.relative_to(VENDOR).as_posix(): digest(path.read_bytes())
        for path in VENDOR.rglob("*")
        if path.is_file() and path != LIST
    }
    assert found == listed


def test_every_package_has_its_version_and_its_licence_beside_it() -> None:
    for package in _PACKAGES:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
        assert package["license"] in ("MIT", "Apache-2.0")
        assert any(entry["to"].endswith("/LICENSE.txt") for entry in package["files"])


def test_no_module_needs_an_import_map_or_has_a_source_map() -> None:
    for path in VENDOR.rglob("*.js"):
        assert not _BARE_IMPORT.search(path.read_text()), path.name
        assert "sourceMappingURL" not in path.read_text(), path.name
