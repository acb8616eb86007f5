"""Viewers who watch and buyers who buy, over real WebSockets.

It runs against a demo, whose `demo.json` tells the address, the session and the secret:

    LIVESHOP_DEMO=data/demo.json .venv/bin/locust -f loadtests/locustfile.py

Reported besides locust's own: `join` (connected to snapshot), `pulse delay` (how old a gauge is
when it arrives, by the server's clock), `reserved` and `confirmed` (since `buy` was sent). What
the engine refuses for a reason, such as `sold_out`, is an answer, and listed under its code.
"""

import json
import os
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from locust import User, task
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token

_DEMO = json.loads(Path(os.environ.get("LIVESHOP_DEMO", "data/demo.json")).read_text())
_ADDRESS = f"{_DEMO['url'].replace('http', 'ws', 1)}/ws/sessions/{_DEMO['session_id']}"
_ANSWER_S_MAX = 10
_DAY_S = 86_400
# Refusals that are right answers under load; `busy` and `unavailable` are not among them.
_REASONS = ("sold_out", "limit", "not_live", "price_changed")


class _Guest(User):
    """One connection, joined; `None` as a token is an anonymous viewer."""

    abstract = True
    open: ExitStack
    socket: ClientConnection
    skus: list[str]
    ahead_ms: float

    def token(self) -> str | None:
        return None

    def on_start(self) -> None:
        self.open = ExitStack()
        started = time.perf_counter()
        try:
            connecting = connect(_ADDRESS, open_timeout=_ANSWER_S_MAX, max_size=None)
            self.socket = self.open.enter_context(connecting)
            self.send({"type": "hello", "token": self.token()})
            for message in self.messages(_ANSWER_S_MAX):
                if message["type"] == "welcome":
                    self.ahead_ms = message["now_ms"] - time.time() * 1000
                elif message["type"] == "session":
                    variants = [each for shelf in message["shelf"] for each in shelf["variants"]]
                    self.skus = [variant["sku"] for variant in variants]
                    return self.report("join", started)
            raise TimeoutError("no snapshot")
        except (OSError, WebSocketException) as error:
            self.report("join", started, error)
            raise

    def on_stop(self) -> None:
        self.open.close()

    def send(self, message: dict[str, Any]) -> None:
        self.socket.send(json.dumps(message))

    def messages(self, seconds: float) -> Iterator[dict[str, Any]]:
        """Yield what arrives within `seconds`, and report how old each pulse is."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                frame = self.socket.recv(timeout=left)
            except TimeoutError:
                return
            for message in json.loads(frame):
                if message["type"] == "pulse":
                    delay_ms = time.time() * 1000 + self.ahead_ms - message["now_ms"]
                    self.note("pulse delay", max(0, delay_ms))
                yield message

    def report(self, name: str, started: float, error: Exception | None = None) -> None:
        self.note(name, (time.perf_counter() - started) * 1000, error)

    def note(self, name: str, took_ms: float, error: Exception | None = None) -> None:
        self.environment.events.request.fire(
            request_type="WS", name=name, response_time=took_ms, response_length=0, exception=error
        )


class Viewer(_Guest):
    """Watches, and taps the heart now and then."""

    weight = 9

    @task
    def watch(self) -> None:
        for _ in self.messages(random.uniform(5, 15)):
            pass
        self.send({"type": "like", "count": 1})


class Buyer(_Guest):
    """Buys one unit of something every few seconds."""

    weight = 1

    def token(self) -> str | None:
        return make_token(
            _DEMO["secret"], viewer_id=f"load-{uuid.uuid4()}", role=Role.VIEWER, ttl_s=_DAY_S
        )

    @task
    def buy(self) -> None:
        for _ in self.messages(random.uniform(1, 5)):
            pass  # reading on, or the next pulses would look late
        rid, started = str(uuid.uuid4()), time.perf_counter()
        self.send(
            {"type": "buy", "ref": 1, "rid": rid, "sku": random.choice(self.skus), "quantity": 1}
        )
        for message in self.messages(_ANSWER_S_MAX):
            if message["type"] == "error" and message["ref"] == 1:
                known = message["code"] in _REASONS
                error = None if known else RuntimeError(message["code"])
                return self.report(message["code"], started, error)
            if message["type"] == "reserved" and message["rid"] == rid:
                self.report("reserved", started)
            elif message["type"] == "confirmed" and rid in message["rids"]:
                return self.report("confirmed", started)
            elif message["type"] == "refused" and message["rid"] == rid:
                return self.report("refused", started, RuntimeError(message["code"]))
        self.report("confirmed", started, TimeoutError(f"no answer in {_ANSWER_S_MAX} s"))
