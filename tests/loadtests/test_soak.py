"""The soak works a node with everything, and tells growth from noise."""

import json
from pathlib import Path

import pytest

from loadtests.soak.samples import Sample, table, trends, verdict
from tests.loadtests.programs import measure


def rows(column: str, values: list[float]) -> list[Sample]:
    """One row each 30 s in which all is as it was but one column."""
    flat = dict.fromkeys(Sample.__dataclass_fields__, 100.0)
    return [
        Sample(**(flat | {"second": 30.0 * number, column: value}))
        for number, value in enumerate(values, start=1)
    ]


def grows(column: str, values: list[float]) -> bool:
    return not next(each for each in trends(rows(column, values)) if each.column == column).flat


def test_a_short_soak_does_everything_and_its_books_are_right(tmp_path: Path) -> None:
    kept = tmp_path / "soak.json"
    few = ("--minutes=0.07", "--viewers=20", "--purchases-per-second=20")
    done = measure("soak", *few, "--unjudged", f"--json={kept}")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(kept.read_text())
    last = found["samples"][-1]
    assert found["audit"] is True
    assert {"reserved", "confirmed", "commands"} <= set(found["counts"])
    assert last["viewers"] >= 20
    assert min(last[name] for name in ("rss_mib", "tasks", "descriptors", "orders")) > 0
    assert 0 < last["machine_percent"] <= 100
    assert last["pool_busy"] <= 10
    assert min(last[name] for name in ("postgres_connections", "redis_keys", "redis_mib")) > 0


def test_a_soak_too_short_to_judge_says_how_long_it_takes() -> None:
    done = measure("soak", "--minutes=3")
    assert done.returncode == 2
    assert "Give --minutes 4 or more." in done.stderr


@pytest.mark.parametrize("column", ["rss_mib", "tasks", "pool_busy", "postgres_connections"])
def test_what_grows_all_the_time_is_told(column: str) -> None:
    assert grows(column, [100.0 + number for number in range(40)])


def test_what_grows_in_the_first_two_minutes_only_is_flat() -> None:
    assert not grows("rss_mib", [40.0, 60.0, 80.0, *[100.0] * 37])


def test_a_few_rows_that_stand_out_decide_nothing() -> None:
    assert not grows("tasks", [100.0, 101.0] * 18 + [900.0] * 4)


def test_a_slow_leak_under_noise_is_told() -> None:
    assert grows("rss_mib", [100.0 + 0.3 * number + (number % 3) for number in range(40)])


def test_one_key_more_in_redis_a_minute_is_told() -> None:
    assert grows("redis_keys", [33.0 + number // 2 for number in range(40)])


def test_what_orders_add_up_to_is_not_judged() -> None:
    judged = {each.column for each in trends(rows("orders", [0.0] * 10))}
    assert (
        not {"orders", "redis_mib", "second", "cpu_percent", "machine_percent", "viewers"} & judged
    )


def test_too_few_rows_are_no_verdict() -> None:
    assert trends(rows("tasks", [1.0] * 5)) == []
    assert verdict([]).startswith("Too short to judge")


def test_the_verdict_names_what_grows() -> None:
    said = verdict(trends(rows("tasks", [100.0 + number for number in range(40)])))
    assert "- tasks: +36.0, up to 6.1 is flat: **it grows**" in said
    assert said.endswith("Verdict: NOT flat after the first two minutes.")
    assert table(rows("tasks", [1.0])).splitlines()[-1].startswith("| 30 | 100 | 100 | 100 |")
