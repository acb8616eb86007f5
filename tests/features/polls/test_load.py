"""The stampede of voters measures what it says, with a few."""

import json
from pathlib import Path

import pytest

from tests.loadtests.programs import measure


@pytest.mark.parametrize("nodes", [1, 2])
def test_a_small_stampede_of_voters_is_counted_as_it_was_answered(
    tmp_path: Path, nodes: int
) -> None:
    kept = tmp_path / "vote.json"
    done = measure("stampede", "--quick", "--scenario=vote", f"--nodes={nodes}", f"--json={kept}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "liveshop audit: Every promise is kept." in done.stdout
    figures = {each["name"]: each["value"] for each in json.loads(kept.read_text())["figures"]}
    assert figures["200 votes a second: durable"] > 0
    assert figures["as fast as answered: durable"] > 0
