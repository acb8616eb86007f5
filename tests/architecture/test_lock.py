"""What is installed is what was looked at: one version of each package, known by its hashes."""

import re
import tomllib

from tests.architecture.sources import ROOT

_LOCK = (ROOT / "requirements.lock").read_text()
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# "name==1.2 ; marker \" and, below it, "    --hash=sha256:…"
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?P<rest>(?:.*\n(?: .*\n)*))", re.M)


def _names(requirements: list[str]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9._-]+", each) for each in requirements)
    return {match[0].lower().replace("_", "-").replace(".", "-") for match in names if match}


def test_every_package_is_locked_to_a_version_and_its_hashes() -> None:
    pins = list(_PIN.finditer(_LOCK))
    assert [pin["name"] for pin in pins if "--hash=sha256:" not in pin["rest"]] == []
    # Nothing stands in the file beside them: no address, no path, no index.
    assert _PIN.sub("", _LOCK).strip() == ""


def test_the_lock_has_all_that_the_project_asks_for() -> None:
    project = _PROJECT["project"]
    wanted = [*project["dependencies"], *_PROJECT["dependency-groups"]["dev"]]
    wanted += [each for extra in project["optional-dependencies"].values() for each in extra]
    assert _names(wanted) - {pin["name"] for pin in _PIN.finditer(_LOCK)} == set()


def test_nothing_is_installed_without_its_hash() -> None:
    for name in ("Makefile", "Dockerfile"):
        text = (ROOT / name).read_text()
        installs = re.findall(r"pip install (?:[^\n]*\\\n)*[^\n]*", text)
        careless = [
            each
            for each in installs
            if "--require-hashes" not in each and "--no-deps" not in each and "PYTHON2" not in each
        ]
        assert careless == [], name
