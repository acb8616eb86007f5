"""The work of the Makefile before any test can run."""

import shutil
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that Python 3.11.7 has been installed in."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(_ROOT / name, tmp_path)
    _python(tmp_path / ".venv" / "bin" / "python", "3.11.7")
    (tmp_path / ".venv" / "installed").touch()
    return tmp_path


def _python(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho Python {version}\n")
    path.chmod(0o755)
    return path


def _planned(checkout: Path, *given: str) -> str:
    """Return what `make install` would run."""
    command = ["make", "--dry-run", "install", *given]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    return subprocess.run(
        command, cwd=checkout, env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_a_python_that_is_named_takes_the_place_of_the_one_installed(checkout: Path) -> None:
    other = _python(checkout / "other", "3.13.5")
    assert f"{other} -m venv --clear .venv" in _planned(checkout, f"PYTHON={other}")


def test_the_python_that_is_installed_is_kept_if_it_is_named_or_none_is(checkout: Path) -> None:
    same = _python(checkout / "same", "3.11.7")
    assert "-m venv" not in _planned(checkout, f"PYTHON={same}")
    assert "-m venv" not in _planned(checkout)


def test_another_lock_is_installed_beside_what_is_there(checkout: Path) -> None:
    same = _python(checkout / "same", "3.11.7")
    (checkout / ".venv" / "installed").unlink()
    assert f"{same} -m venv  .venv" in _planned(checkout, f"PYTHON={same}")
