"""The three kinds of user: a viewer, a buyer, and the host who runs the show."""

import http.client
import itertools
import json
import random
import time
import uuid
from collections import deque
from typing import Any, Final
from urllib.parse import urlsplit

import gevent
from gevent.event import AsyncResult
from locust import task

from liveshop.core.roles import Role
from loadtests.locusts.answers import Asked, Finals
from loadtests.locusts.guest import ANSWER_S_MAX, Guest, demo
from loadtests.locusts.ledger import LEDGER

# Refusals that are right answers under load; `busy`, `rate_limited`, `unavailable` are not.
_REASONS: Final = ("sold_out", "limit", "not_live", "price_changed", "expired", "not_found")
_FINAL: Final = ("confirmed", "released", "expired", "refused")
_IMPULSE_S: Final = 2.0
_UNITS: Final = 1_000_000
_VARIANTS: Final = 3


class Viewer(Guest):
    """Watches and taps the heart; one in two has a name, and says something now and then."""

    weight = 9

    def on_start(self) -> None:
        """Join."""
        self.role = random.choice((None, Role.VIEWER))
        self._said: dict[str, AsyncResult] = {}
        super().on_start()

    @task(10)
    def watch(self) -> None:
        """Do nothing but watch for a while, then like it."""
        gevent.sleep(random.uniform(3, 10))
        self.say(type="like", count=random.randint(1, 5))

    @task(1)
    def chat(self) -> None:
        """Say something that nobody has said before."""
        if self.role is None:
            return
        text = f"I like it, {uuid.uuid4().hex[:12]}"
        shown, started = AsyncResult(), time.perf_counter()
        self._said[text] = shown
        self.say(type="say", text=text)
        try:
            shown.get(timeout=ANSWER_S_MAX)
            self.note("chat seen", (time.perf_counter() - started) * 1000)
        except gevent.Timeout:
            self.note("chat seen", ANSWER_S_MAX * 1000, TimeoutError("it was never shown"))
        gevent.sleep(random.uniform(5, 15))

    def hear(self, message: dict[str, Any]) -> None:
        """Look for what was said in what is shown."""
        if message["type"] == "chat":
            for line in message["messages"]:
                shown = self._said.pop(line["text"], None)
                if shown is not None:
                    shown.set()


class Buyer(Guest):
    """Buys when something is pinned or on sale, and fills carts meanwhile.

    `reserve` and `buy` end as the table in the protocol says; each rid may have one answer.
    """

    weight = 3
    role = Role.VIEWER

    def on_start(self) -> None:
        """Join."""
        self._finals = Finals()
        self._waiting: dict[tuple[str, str], AsyncResult] = {}
        self._refs = itertools.count(1)
        self._by_ref: dict[int, tuple[str, str]] = {}
        self._wishes: deque[str] = deque(maxlen=1)
        super().on_start()

    @task(6)
    def browse(self) -> None:
        """Wait for something to want, and buy it."""
        for _ in range(10):
            gevent.sleep(random.uniform(0, _IMPULSE_S / 2))
            if self._wishes:
                gevent.sleep(random.uniform(0, _IMPULSE_S / 2))
                self._buy(self._wishes.pop())

    @task(3)
    def check_out(self) -> None:
        """Fill a cart and order what is in it."""
        rids = [rid for rid in (self._reserve() for _ in range(random.randint(1, 3))) if rid]
        gevent.sleep(random.uniform(0.5, 2))
        if rids:
            order_id = str(uuid.uuid4())
            self._ask("checkout → confirmed", order_id, type="checkout", rids=rids)
            if self._finals.get(order_id) is None:
                return
            for rid in rids:
                self._resolve(rid, "confirmed")

    @task(1)
    def give_back(self) -> None:
        """Set something aside, and give it back."""
        rid = self._reserve()
        gevent.sleep(random.uniform(0.5, 2))
        if rid:
            self._ask("release → released", rid, type="release")

    @task(1)
    def forget(self) -> None:
        """Set something aside and never come back to it: it expires."""
        self._reserve()
        gevent.sleep(random.uniform(1, 5))

    def hear(self, message: dict[str, Any]) -> None:
        """Take answers, and fall for what the host shows."""
        match message["type"]:
            case "product.pinned" | "sale.started":
                self._wishes.append(message["product_id"])
            case "reserved":
                self._answered(("reserved", message["rid"]), None)
            case "confirmed":
                self._resolve(message["order_id"], "confirmed")
                for rid in message["rids"]:
                    self._resolve(rid, "confirmed")
                self._answered(("final", message["order_id"]), None)
            case "released" | "expired" | "refused":
                code = message.get("code", message["type"])
                self._resolve(message["rid"], message["type"])
                self._answered(("reserved", message["rid"]), code)
                self._answered(("final", message["rid"]), code)
            case "error" if message["ref"] in self._by_ref:
                kind, name = self._by_ref[message["ref"]]
                self._answered((kind, name), message["code"])
                self._answered(("final", name), message["code"])

    def _sku(self, product_id: str | None = None) -> str:
        skus = self.shelf.get(product_id or "") or random.choice(list(self.shelf.values()))
        return random.choice(skus)

    def _buy(self, product_id: str) -> None:
        if not self.shelf:
            return
        rid, started = str(uuid.uuid4()), time.perf_counter()
        LEDGER.counts["rids"] += 1
        reserved, final = self._expect("reserved", rid), self._expect("final", rid)
        ref = self._next_ref("reserved", rid)
        self.say(type="buy", ref=ref, rid=rid, sku=self._sku(product_id), quantity=1)
        if self._wait("buy → reserved", reserved, started):
            self._wait("buy → confirmed", final, started)
            LEDGER.counts["confirmed"] += self._finals.get(rid) == "confirmed"
        self._forget(rid, ref)

    def _reserve(self) -> str | None:
        if not self.shelf:
            return None
        rid, started = str(uuid.uuid4()), time.perf_counter()
        LEDGER.counts["rids"] += 1
        reserved = self._expect("reserved", rid)
        ref = self._next_ref("reserved", rid)
        self.say(type="reserve", ref=ref, rid=rid, sku=self._sku(), quantity=1)
        answered = self._wait("reserve → reserved", reserved, started)
        self._forget(rid, ref)
        return rid if answered else None

    def _ask(self, name: str, subject: str, **command: Any) -> None:
        started, final = time.perf_counter(), self._expect("final", subject)
        ref = self._next_ref("final", subject)
        key = "order_id" if command["type"] == "checkout" else "rid"
        self.say(**command, ref=ref, **{key: subject})
        self._wait(name, final, started)
        self._forget(subject, ref)

    def _expect(self, kind: str, name: str) -> AsyncResult:
        return self._waiting.setdefault((kind, name), AsyncResult())

    def _next_ref(self, kind: str, name: str) -> int:
        ref = next(self._refs)
        self._by_ref[ref] = (kind, name)
        return ref

    def _wait(self, name: str, answer: AsyncResult, started: float) -> bool:
        """Report an answer; return True if it was the one that was hoped for."""
        try:
            code = answer.get(timeout=ANSWER_S_MAX)
        except gevent.Timeout:
            LEDGER.counts["unanswered"] += 1
            self.note(name, ANSWER_S_MAX * 1000, TimeoutError(f"no answer in {ANSWER_S_MAX:.0f} s"))
            return False
        took_ms = (time.perf_counter() - started) * 1000
        if code is None:
            self.note(name, took_ms)
        else:
            known = code in _REASONS
            asked = name.partition(" ")[0]
            self.note(f"{asked} → {code}", took_ms, None if known else RuntimeError(code))
        return code is None

    def _answered(self, who: tuple[str, str], code: str | None) -> None:
        waiting = self._waiting.get(who)
        if waiting is not None and not waiting.ready():
            waiting.set(None if code == "released" else code)

    def _resolve(self, rid: str, answer: str) -> None:
        if not self._finals.take(rid, answer):
            LEDGER.counts["contradicted"] += 1

    def _forget(self, name: str, ref: int) -> None:
        # Not how it ended: an answer that contradicts comes late.
        self._by_ref.pop(ref, None)
        self._waiting.pop(("reserved", name), None)
        self._waiting.pop(("final", name), None)


class Host(Guest):
    """Runs the show: puts a product on the shelf, pins, reprices, and holds flash sales."""

    fixed_count = 1
    role = Role.HOST

    def on_start(self) -> None:
        """Join, and put something on the shelf of which there is enough."""
        self._asked = Asked(ANSWER_S_MAX)
        self._product_id = f"load-{uuid.uuid4().hex[:12]}"
        self._skus = [f"{self._product_id}-{number}" for number in range(_VARIANTS)]
        super().on_start()
        self._make_product()
        units = dict.fromkeys(self._skus, _UNITS)
        self._command("product.add", units=units, limit=1_000)
        gevent.sleep(1)

    @task
    def present(self) -> None:
        """Go through one round of the script."""
        prices = dict.fromkeys(self._skus, random.randint(2_000, 9_000))
        self._command("product.pin")
        gevent.sleep(3)
        self._command("product.reprice", prices=prices)
        gevent.sleep(2)
        self._command("sale.start", percent=30, duration_ms=8_000, limit=1_000)
        gevent.sleep(5)
        self._command("sale.end")
        self._command("product.unpin")
        gevent.sleep(2)

    def on_stop(self) -> None:
        """Leave."""
        self._note_overdue()
        super().on_stop()

    def hear(self, message: dict[str, Any]) -> None:
        """Report how long commands took."""
        if message["type"] not in ("ok", "error"):
            return
        if (asked := self._asked.answered(message.get("ref"))) is not None:
            name, took_ms = asked
            # A sale that sells out has ended before it is ended.
            refused = message["type"] == "error" and message["code"] != "conflict"
            failure = RuntimeError(message["message"]) if refused else None
            self.note(f"{name} → ok", took_ms, failure)

    def _command(self, name: str, **fields: Any) -> None:
        self._note_overdue()
        ref = self._asked.add(name)
        self.say(type=name, ref=ref, product_id=self._product_id, **fields)

    def _note_overdue(self) -> None:
        why = f"no answer in {ANSWER_S_MAX:.0f} s"
        for name in self._asked.overdue():
            self.note(f"{name} → ok", ANSWER_S_MAX * 1000, TimeoutError(why))

    def _make_product(self) -> None:
        url = urlsplit(self.host or demo()["url"])
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.netloc, timeout=ANSWER_S_MAX)
        rows = [
            {"sku": sku, "label": sku[-1], "price": 5_000, "stock": _UNITS} for sku in self._skus
        ]
        body = {"product_id": self._product_id, "title": "Load test", "variants": rows}
        headers = {"Authorization": f"Bearer {demo()['api_key']}"}
        connection.request("POST", "/api/products", json.dumps(body), headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        if response.status >= 400:
            raise RuntimeError(f"the product could not be made: {answer.decode()}")
