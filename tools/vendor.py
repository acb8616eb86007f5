"""Fetch the browser modules of others, as the two `vendor.json` name them, from npm.

    python -m tools.vendor            # the versions that are listed
    python -m tools.vendor htm@3.1.2  # another version of one of them

One list is the pages', the other that of the browser tests. Needs `npm` on the PATH. A file is
taken as it was published, but for two changes: a bare import of another package becomes a relative
one, since the strict policy of the pages leaves no place for an import map, and the address of a
source map that is not here goes.
"""

import argparse
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[1]
VENDOR: Final = _ROOT / "liveshop" / "pages" / "vendor"
TESTS_VENDOR: Final = _ROOT / "tests" / "browser" / "vendor"
FOLDERS: Final = (VENDOR, TESTS_VENDOR)
LIST_NAME: Final = "vendor.json"
_BINARY: Final = (".woff2",)
_SOURCE_MAP: Final = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")

Json = dict[str, Any]


def digest(content: bytes) -> str:
    """Return what `vendor.json` says of a file's content."""
    return hashlib.sha256(content).hexdigest()


def own_text(text: str, entry: Json) -> str:
    """Return a published module as the pages import it; `entry` is its line of the list."""
    text = _SOURCE_MAP.sub("\n", text)
    for bare, relative in entry.get("imports", {}).items():
        quoted = f'"{bare}"'
        if text.count(quoted) != 1:
            raise SystemExit(f"{entry['from']} imports {bare} not once: look at it")
        text = text.replace(quoted, f'"{relative}"')
    return f"{text}{entry.get('append', '')}"


def listed(vendor: Path) -> list[Json]:
    """Return the list of what lies in a folder."""
    packages: list[Json] = json.loads((vendor / LIST_NAME).read_text())
    return packages


def fetch(vendor: Path, package: Json, version: str) -> Json:
    """Write the files of a package at a version into a folder; return its part of the list."""
    with tempfile.TemporaryDirectory() as folder:
        tarball = _pack(f"{package['name']}@{version}", Path(folder))
        with tarfile.open(tarball) as archive:
            archive.extractall(folder, filter="data")
        published = Path(folder) / "package"
        license_name = json.loads((published / "package.json").read_text())["license"]
        files = [_take(vendor, published, entry) for entry in package["files"]]
    return {**package, "version": version, "license": license_name, "files": files}


def _pack(spec: str, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), spec]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (tarball,) = folder.glob("*.tgz")
    return tarball


def _take(vendor: Path, published: Path, entry: Json) -> Json:
    source = published / entry["from"]
    is_binary = source.suffix in _BINARY
    content = source.read_bytes() if is_binary else own_text(source.read_text(), entry).encode()
    place = vendor / entry["to"]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return {**entry, "sha256": digest(content)}


def main() -> None:
    """Refresh what is listed, or move single packages to the versions named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wanted", nargs="*", metavar="NAME@VERSION")
    wanted = dict(each.rsplit("@", 1) for each in parser.parse_args().wanted)
    known = {package["name"] for folder in FOLDERS for package in listed(folder)}
    if unknown := wanted.keys() - known:
        raise SystemExit(f"not in {LIST_NAME}: {', '.join(sorted(unknown))}")
    for folder in FOLDERS:
        fresh = [
            fetch(folder, each, str(wanted.get(each["name"], each["version"])))
            for each in listed(folder)
        ]
        (folder / LIST_NAME).write_text(json.dumps(fresh, indent=2) + "\n")


if __name__ == "__main__":
    main()
