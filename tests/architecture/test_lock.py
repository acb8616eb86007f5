"""Only packages that were looked at are installed: one version of each, known by its hashes."""

import re
import tomllib

import pytest

from tests.architecture.sources import ROOT

_LOCKS = {
    name: (ROOT / f"requirements{name}.lock").read_text() for name in ("", "-runtime", "-build")
}
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# "name==1.2 ; marker \" and, below it, "    --hash=sha256:…"
_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?P<rest>(?:.*\n(?: .*\n)*))", re.M)


def _names(requirements: list[str]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9._-]+", each) for each in requirements)
    return {match[0].lower().replace("_", "-").replace(".", "-") for match in names if match}


def _locked(lock: str) -> dict[str, str]:
    return {pin["name"]: pin["version"] for pin in _PIN.finditer(_LOCKS[lock])}


@pytest.mark.parametrize("lock", _LOCKS.values(), ids=_LOCKS)
def test_every_package_is_locked_to_a_version_and_its_hashes(lock: str) -> None:
    pins = list(_PIN.finditer(lock))
    assert [pin["name"] for pin in pins if "--hash=sha256:" not in pin["rest"]] == []
    # Nothing else stands in the file: no address, no path, no index.
    assert _PIN.sub("", lock).strip() == ""


def test_the_lock_has_all_that_the_project_asks_for() -> None:
    project = _PROJECT["project"]
    wanted = [*project["dependencies"], *_PROJECT["dependency-groups"]["dev"]]
    wanted += [each for extra in project["optional-dependencies"].values() for each in extra]
    assert _names(wanted) - set(_locked("")) == set()


def test_the_image_has_what_the_project_runs_on_and_nothing_that_only_tests_need() -> None:
    project, groups = _PROJECT["project"], _PROJECT["dependency-groups"]
    runtime = _names([*project["dependencies"], *project["optional-dependencies"]["otel"]])
    assert runtime - set(_locked("-runtime")) == set()
    assert set(_locked("-runtime")) & _names(groups["dev"]) == set()
    assert _names(groups["build"]) - set(_locked("-build")) == set()
    assert _names(_PROJECT["build-system"]["requires"]) == _names(groups["build"])


def test_the_image_runs_the_versions_that_were_tested() -> None:
    for lock in ("-runtime", "-build"):
        assert _locked(lock).items() - _locked("").items() == set(), lock


def test_nothing_is_installed_without_its_hash() -> None:
    for name in ("Makefile", "Dockerfile"):
        text = (ROOT / name).read_text()
        installs = re.findall(r"pip (?:--python \S+ )?install (?:[^\n]*\\\n)*[^\n]*", text)
        careless = [
            each
            for each in installs
            if "--require-hashes" not in each and "--no-deps" not in each and "PYTHON2" not in each
        ]
        assert careless == [], name
