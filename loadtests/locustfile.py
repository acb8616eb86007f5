"""Viewers who watch, buyers who buy and a host who runs a show, over real WebSockets.

It runs against a demo, whose `demo.json` tells the address, the session and the secret:

    LOAD_DEMO=data/demo.json .venv/bin/python -m locust -f loadtests/locustfile.py

`make load` does all of it. Correctness is part of it: the run fails if an event was missed or
came out of order, a rid had two answers or a purchase none, or `liveshop audit` finds anything.
"""

import os
import sys
from typing import Any

from locust import events
from locust.env import Environment
from locust.runners import WorkerRunner

from loadtests.kit.checkout import THIS
from loadtests.locusts.guest import demo
from loadtests.locusts.ledger import LEDGER
from loadtests.locusts.shapes import SHAPES
from loadtests.locusts.users import Buyer, Host, Viewer

__all__ = ["Buyer", "Host", "Viewer"]

if os.environ.get("LOAD_SHAPE"):
    Shape = SHAPES[os.environ["LOAD_SHAPE"]]


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
    sound, said = THIS.audit(demo()["redis_url"], demo()["postgres_url"])
    sys.stdout.write(f"\nliveshop: {LEDGER.summary()}\nliveshop audit: {said}\n")
    if faults or not sound:
        sys.stdout.write("liveshop: NOT RIGHT: " + "; ".join(faults or ["the audit"]) + "\n")
        environment.process_exit_code = 1
    sys.stdout.flush()


# Seen as it is, nothing of Locust's hooks has a type.
hooks: Any = events
hooks.report_to_master.add_listener(_report)
hooks.worker_report.add_listener(_add_up)
hooks.quitting.add_listener(_judge)
