"""Viewers who watch, buyers who buy and a host who runs a show, over real WebSockets.

It runs against a demo, whose `demo.json` tells the address, the session and the secret:

    LIVESHOP_DEMO=data/demo.json .venv/bin/python -m locust -f loadtests/locustfile.py

`make load` does all of it. Correctness is part of it: the run fails if an event was missed or
came out of order, a rid had two answers or a purchase none, or `liveshop audit` finds anything.
"""

import os
import subprocess
import sys
from typing import Any

from locust import events
from locust.env import Environment
from locust.runners import WorkerRunner

from loadtests.locusts.guest import demo
from loadtests.locusts.ledger import LEDGER
from loadtests.locusts.shapes import SHAPES
from loadtests.locusts.users import Buyer, Host, Viewer

__all__ = ["Buyer", "Host", "Viewer"]

_AUDIT_S_MAX = 600
if os.environ.get("LIVESHOP_SHAPE"):
    Shape = SHAPES[os.environ["LIVESHOP_SHAPE"]]


def _report(client_id: str, data: dict[str, Any]) -> None:
    data["liveshop"] = LEDGER.take()


def _add_up(client_id: str, data: dict[str, Any]) -> None:
    LEDGER.counts.update(data.get("liveshop", {}))


def _judge(environment: Environment, **_: Any) -> None:
    if isinstance(environment.runner, WorkerRunner):
        return
    faults = LEDGER.faults()
    # A run in which nobody saw anything has shown nothing.
    if not LEDGER.counts["joined"] or not LEDGER.counts["events seen"]:
        faults.append("nobody joined, or nothing happened")
    sound, said = _audit()
    sys.stdout.write(f"\nliveshop: {LEDGER.summary()}\nliveshop audit: {said}\n")
    if faults or not sound:
        sys.stdout.write("liveshop: NOT RIGHT: " + "; ".join(faults or ["the audit"]) + "\n")
        environment.process_exit_code = 1
    sys.stdout.flush()


def _audit() -> tuple[bool, str]:
    """Run `liveshop audit` on the demo's stores; return whether it found nothing."""
    stores = {
        "LIVESHOP_REDIS_URL": demo()["redis_url"],
        "LIVESHOP_POSTGRES_URL": demo()["postgres_url"],
    }
    others = {name: value for name, value in os.environ.items() if "LIVESHOP" not in name}
    done = subprocess.run(
        [sys.executable, "-c", "from liveshop.cli.commands import main; main()", "audit"],
        env=others | stores,
        capture_output=True,
        text=True,
        timeout=_AUDIT_S_MAX,
        check=False,
    )
    return done.returncode == 0, done.stdout.strip() or done.stderr.strip()


# Seen as it is, nothing of Locust's hooks has a type.
hooks: Any = events
hooks.report_to_master.add_listener(_report)
hooks.worker_report.add_listener(_add_up)
hooks.quitting.add_listener(_judge)
