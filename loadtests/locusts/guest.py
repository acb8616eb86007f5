"""The behaviour of every user: join, listen, tell the clock, come again when the line is lost."""

import json
import os
import random
import time
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import gevent
from gevent.event import Event
from locust import User

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.locusts.ledger import LEDGER
from loadtests.locusts.line import Line, LineLost

ANSWER_S_MAX: Final = 30.0
_CLOCK_LOOKS: Final = 3
_DAY_S: Final = 86_400
_AGAIN_S: Final = (0.5, 1.5)
_NEVER: Final = (4500, 5000)  # with these close codes nobody comes again


@cache
def demo() -> dict[str, Any]:
    """Return what `demo.json` tells, whose path is in `LOAD_DEMO`."""
    told: dict[str, Any] = json.loads(Path(os.environ["LOAD_DEMO"]).read_text())
    return told


class Guest(User):
    """A connection to the session; `role` is None for an anonymous viewer.

    Every event, by whatever way it comes, is checked: its offset follows the one before.
    """

    abstract = True
    role: Role | None = None

    def on_start(self) -> None:
        """Join, and listen from then on."""
        self.viewer_id = f"load-{uuid.uuid4()}"
        self.shelf: dict[str, list[str]] = {}
        self._offset = self._joined_at = 0
        self._ahead_ms: tuple[float, float] = (float("inf"), 0.0)  # the round trip, and by how much
        self._here = Event()
        self._leaving = False
        self._turn: str | None = None  # the ticket of the `moved` that came last
        self._line: Line | None = None
        self._reader = gevent.spawn(self._listen)
        self._here.wait(ANSWER_S_MAX)

    def on_stop(self) -> None:
        """Leave."""
        self._leaving = True
        if self._here.is_set():
            LEDGER.leaves(self._joined_at, self._offset)
        if self._line is not None:
            self._line.close()
        self._reader.kill()

    def say(self, **message: Any) -> None:
        """Send a message; a lost line loses it."""
        self._here.wait(ANSWER_S_MAX)
        if self._line is not None:
            try:
                self._line.send(**message)
            except LineLost:
                gevent.sleep(1)  # the listener sees to it

    def hear(self, message: dict[str, Any]) -> None:
        """Take a message that is not every user's."""

    def note(self, name: str, took_ms: float, failure: Exception | None = None) -> None:
        """Report a step as a request of Locust's."""
        self.environment.events.request.fire(
            request_type="WS",
            name=name,
            response_time=max(0.0, took_ms),
            response_length=0,
            exception=failure,
        )

    # Listening

    def _listen(self) -> None:
        while not self._leaving:
            started = time.perf_counter()
            try:
                self._join(started)
            except LineLost as lost:
                if self._leaving:
                    return
                if not self._here.is_set():
                    self.note("join", (time.perf_counter() - started) * 1000, lost)
                LEDGER.counts["lost"] += 1
                if lost.code is not None and _NEVER[0] <= lost.code < _NEVER[1]:
                    return
            self._here.clear()
            gevent.sleep(random.uniform(*_AGAIN_S))

    def _join(self, started: float) -> None:
        url = (self.host or demo()["url"]).rstrip("/").replace("http", "ws", 1)
        turn, self._turn = self._turn, None
        query = "" if turn is None else f"?turn={turn}"
        self._line = line = Line(f"{url}/ws/sessions/{demo()['session_id']}{query}")
        token = None if self.role is None else self._token(self.role)
        line.send(type="hello", token=token)
        for message in line.messages():
            self._take(message)
            self._turn = message.get("turn") if message["type"] == "moved" else self._turn
            if message["type"] == "session" and not self._here.is_set():
                self.note("join", (time.perf_counter() - started) * 1000)
                LEDGER.counts["joined"] += 1
                self._here.set()
                self._ask_time()

    def _token(self, role: Role) -> str:
        secret: str = demo()["secret"]
        return make_token(secret, viewer_id=self.viewer_id, role=role, ttl_s=_DAY_S)

    def _ask_time(self) -> None:
        if self._line is not None:
            self._line.send(type="time", client_ms=int(time.time() * 1000))

    def _take(self, message: dict[str, Any]) -> None:
        take: Callable[[dict[str, Any]], None] | None
        take = {"session": self._take_session, "time": self._take_time}.get(message["type"])
        if take is not None:
            take(message)
        elif "offset" in message and message["type"] != "ok":
            self._take_event(message)
        self.hear(message)

    def _take_session(self, session: dict[str, Any]) -> None:
        self._offset = self._joined_at = session["offset"]
        self.shelf = {}
        for product in session["shelf"]:
            self._offer(product)

    def _take_time(self, answer: dict[str, Any]) -> None:
        now_ms = time.time() * 1000
        trip_ms = now_ms - answer["client_ms"]
        # The quickest of a few round trips tells best.
        self._ahead_ms = min(self._ahead_ms, (trip_ms, answer["now_ms"] + trip_ms / 2 - now_ms))
        self._looks = getattr(self, "_looks", 0) + 1
        if self._looks < _CLOCK_LOOKS:
            self._ask_time()

    def _take_event(self, event: dict[str, Any]) -> None:
        if event["offset"] != self._offset + 1:
            LEDGER.counts["gaps"] += 1
        self._offset = event["offset"]
        LEDGER.seen(event["offset"])
        if self._ahead_ms[0] != float("inf"):
            self.note("event seen", time.time() * 1000 + self._ahead_ms[1] - event["at_ms"])
        if event["type"] == "product.added":
            self._offer(event["product"])
        elif event["type"] == "product.removed":
            self.shelf.pop(event["product_id"], None)

    def _offer(self, product: dict[str, Any]) -> None:
        self.shelf[product["product_id"]] = [each["sku"] for each in product["variants"]]
