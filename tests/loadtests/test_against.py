"""Two checkouts are measured by turns in one run, each by its own code."""

import json
import shutil
from pathlib import Path

import pytest

from loadtests.kit.checkout import THIS, Checkout
from tests.loadtests.programs import measure

_ROOT = Path(__file__).parents[2]
_CASES: dict[str, tuple[list[str], str]] = {
    "stampede": (["--scenario=limit"], "CPU/order to the other checkout"),
    "fanout": (
        ["--scenario=deliver", "--scenario=storm", "--viewers=20", "--rounds=1"],
        "20 viewers: to the other checkout, with the command",
    ),
}


def _copy(folder: Path) -> tuple[Path, Path]:
    """Return another checkout, and the file that it makes when its package is imported."""
    checkout, mark = folder / "other", folder / "imported"
    for part in ("liveshop", "loadtests"):
        shutil.copytree(_ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
    init = checkout / "liveshop/__init__.py"
    init.write_text(f"{init.read_text()}\nopen({str(mark)!r}, 'w').close()\n")
    return checkout, mark


@pytest.mark.parametrize("module", _CASES)
def test_the_server_of_another_checkout_is_measured_in_the_same_run(
    module: str, tmp_path: Path
) -> None:
    (checkout, mark), kept = _copy(tmp_path), tmp_path / "figures.json"
    options, figure = _CASES[module]
    done = measure(module, "--quick", *options, f"--against={checkout}", f"--json={kept}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert mark.exists()
    figures = {each["name"]: each for each in json.loads(kept.read_text())["figures"]}
    assert figures[figure]["value"] > 0
    assert figures[figure]["unit"] == "×"


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    done = measure("fanout", "--scenario=deliver", f"--against={tmp_path}")
    assert done.returncode == 2
    assert "is no checkout of liveshop: it has no loadtests/kit/node.py" in done.stderr


def test_a_checkout_is_told_only_the_settings_that_it_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, settings = Checkout(_copy(tmp_path)[0]), {"LIVESHOP_PORT": "1", "LIVESHOP_NEWER": "2"}
    assert other.known(settings) == {"LIVESHOP_PORT": "1"}
    assert "has no LIVESHOP_NEWER: left out there" in capsys.readouterr().err
    assert THIS.known(settings) == settings, "a mistake of ours is for our server to refuse"
