"""Locust's users run a show of their own, and a run that is not right fails."""

from collections import Counter
from pathlib import Path

from loadtests.locusts.ledger import Ledger
from tests.loadtests.programs import measure


def test_a_few_users_see_everything_and_the_audit_is_clean(tmp_path: Path) -> None:
    html, csv = tmp_path / "load.html", tmp_path / "load"
    buyers = '{"user_class_name": "Buyer", "weight": 30}'
    arguments = ["--users=12", "--spawn-rate=12", "--run-time=20s", "--config-users", buyers]
    done = measure("load", f"--html={html}", *arguments, f"--csv={csv}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 joined" in done.stdout
    assert "0 gaps, 0 missed, 0 contradicted, 0 unanswered" in done.stdout
    assert "liveshop audit: Every promise is kept." in done.stdout
    assert "event seen" in html.read_text()
    names = [line.split(",")[1] for line in Path(f"{csv}_stats.csv").read_text().splitlines()]
    assert {"join", "event seen", "product.pin → ok"} <= set(names)
    assert {"buy → confirmed", "checkout → confirmed"} & set(names)


def test_what_others_saw_long_ago_was_missed() -> None:
    now_s = 100.0
    ledger = Ledger(lambda: now_s)
    for offset in (1, 2, 3):
        ledger.seen(offset)
    now_s = 120.0
    ledger.seen(4)
    now_s = 131.0
    ledger.leaves(joined_at=0, last=3)
    ledger.leaves(joined_at=3, last=3)
    assert ledger.faults() == []
    ledger.leaves(joined_at=0, last=1)
    assert ledger.faults() == ["2 events never came to a viewer that others had seen"]


def test_counts_of_workers_add_up() -> None:
    ledger, worker = Ledger(lambda: 0.0), Ledger(lambda: 0.0)
    worker.seen(1)
    worker.counts["gaps"] += 1
    for taken in (worker.take(), worker.take(), {"gaps": 2}):
        ledger.counts.update(taken)
    assert ledger.counts == Counter({"gaps": 3, "events seen": 1})
    assert ledger.faults() == ["3 events came out of order or left one out"]
