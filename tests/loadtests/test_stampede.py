"""The stampede measures what it says, with a few hundred purchases."""

import json
from pathlib import Path

from tests.loadtests.programs import measure


def test_a_small_stampede_sells_every_unit_once(tmp_path: Path) -> None:
    kept, drawn = tmp_path / "stampede.json", tmp_path / "stampede.svg"
    arguments = ["--quick", "--scenario=limit", "--scenario=sell-out"]
    done = measure("stampede", *arguments, f"--json={kept}", f"--plot={drawn}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every purchase has one answer, and none was sold twice." in done.stdout
    assert "liveshop audit: Every promise is kept." in done.stdout
    report = json.loads(kept.read_text())
    figures = {(each["scenario"], each["name"]): each["value"] for each in report["figures"]}
    assert figures["sell-out", "units sold"] == 20
    assert figures["limit", "durable orders"] > 0
    steps = report["raw"]["limit"]
    assert [(step["offered"], step["attempts"]) for step in steps] == [(100, 100), (200, 200)]
    assert all(step["refused"] == {} for step in steps)
    assert drawn.read_text().count("<polyline") == 3


def test_a_small_overload_accounts_for_every_purchase(tmp_path: Path) -> None:
    kept = tmp_path / "overload.json"
    done = measure("stampede", "--quick", "--scenario=overload", f"--json={kept}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "liveshop audit: Every promise is kept." in done.stdout
    report = json.loads(kept.read_text())
    steps = report["raw"]["overload"]
    assert [step["name"] for step in steps] == ["the peak", "2 ×", "4 ×", "8 ×"]
    for step in steps:
        refused = step["sent"] - step["served"] - step["given_up"]
        assert 0 <= refused <= sum(step["refused"].values())
    assert all(term in done.stdout for term in ("cores × s", "refusals s", "carried/s"))


def test_a_small_stampede_with_a_worker_compares_it_with_one_without(tmp_path: Path) -> None:
    kept = tmp_path / "worker.json"
    done = measure("stampede", "--quick", "--scenario=worker", f"--json={kept}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "liveshop audit: Every promise is kept." in done.stdout
    figures = {each["name"]: each["value"] for each in json.loads(kept.read_text())["figures"]}
    assert figures["the worker's own share of a core"] > 0
    assert figures["CPU/order of node and Redis"] > 0
    assert figures["buy to confirmed p99"] > 0
