"""The requests of clients and what they were told, in the order in which they saw it."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]

# Errors that decide nothing: the same rid may be sent again, and is.
UNDECIDED = ("unavailable", "busy", "rate_limited", "internal")
# Errors to a checkout after which no order was made, and its reservations are as they were.
_NOTHING_CHANGED = ("busy", "rate_limited", "conflict", "not_found", "bad_request", "limit")
RESOLUTIONS = ("released", "expired", "refused")


@dataclass
class Attempt:
    """One rid: its arguments, how often it was sent, and everything that was said of it."""

    rid: str
    buyer: str
    command: str
    sku: str
    quantity: int
    sent: int = 0
    # Answers by `ref` to the command itself: a code of an error, or 'reserved'.
    answered: list[str] = field(default_factory=list)
    reserved: Message | None = None
    # Final answers, with the instant at which each was heard.
    finals: list[tuple[str, int]] = field(default_factory=list)
    # The order that a checkout asked for with it.
    order_id: str | None = None
    released: bool = False
    # Set when it was refused at rest, with nothing on its way any longer.
    closed: bool = False

    @property
    def outcomes(self) -> set[str]:
        """The different final answers."""
        return {what for what, _ in self.finals}

    @property
    def bought(self) -> bool:
        """Whether anyone was told that it is bought."""
        return "confirmed" in self.outcomes

    @property
    def decided(self) -> bool:
        """Whether a client knows all that there is to know of it."""
        if self.finals or self.closed:
            return True
        definite = [code for code in self.answered if code not in (*UNDECIDED, "reserved")]
        return self.reserved is None and bool(definite) and len(self.answered) == self.sent


@dataclass
class Checkout:
    """One order of several rids."""

    order_id: str
    buyer: str
    rids: list[str]
    sent: int = 0
    answered: list[str] = field(default_factory=list)
    total: int | None = None
    # When it was sent first.
    sent_at_ms: int | None = None
    # The offers that it names, until one is used up: then its buyer goes on without.
    codes: list[str] = field(default_factory=list)

    @property
    def may_be_made(self) -> bool:
        """Whether the order may be there: one at least was sent that no error has undone."""
        undone = sum(code in _NOTHING_CHANGED for code in self.answered)
        return self.sent > undone

    @property
    def confirmed(self) -> bool:
        """Whether anyone was told that it is bought."""
        return "confirmed" in self.answered

    @property
    def errors(self) -> set[str]:
        """The errors that decided it."""
        return {code for code in self.answered if code not in (*UNDECIDED, "confirmed", "checkout")}


@dataclass
class Payment:
    """Money that the merchant reports for an order."""

    payment_id: str
    order_id: str
    amount: int
    answered: list[str] = field(default_factory=list)

    @property
    def outcomes(self) -> set[str]:
        """The different answers that say what became of it."""
        return set(self.answered) - set(UNDECIDED)

    @property
    def decided(self) -> bool:
        """Whether the merchant knows what became of it."""
        return bool(self.outcomes)


@dataclass
class Addition:
    """Units that the host adds, under one rid."""

    rid: str
    sku: str
    units: int
    answered: list[str] = field(default_factory=list)

    @property
    def outcomes(self) -> set[str]:
        """The different answers that say whether the units came."""
        return set(self.answered) - {*UNDECIDED, "unknown"}


@dataclass
class Entry:
    """One line of the history."""

    at_ms: int
    via: str
    sent: bool
    message: Message

    def __str__(self) -> str:
        return f"{self.at_ms} {self.via} {'→' if self.sent else '←'} {self.message}"


class History:
    """All attempts of a run, shared by its clients; `commands` wakes whoever waits for a number."""

    def __init__(self) -> None:
        self.attempts: dict[str, Attempt] = {}
        self.checkouts: dict[str, Checkout] = {}
        # The orders that buyers are to pay for, with their rids; and what was paid.
        self.asked: dict[str, list[str]] = {}
        # The totals of those that an offer has changed.
        self.totals: dict[str, int] = {}
        # The offer that some buyers name.
        self.coupon = ""
        self.payments: dict[str, Payment] = {}
        self.cancels: dict[str, list[str]] = defaultdict(list)
        self.additions: list[Addition] = []
        # How often an order was said to be over before it was paid: by its buyer, by the merchant.
        self.abandoned: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.refused_as: dict[str, str] = {}
        self.hosted: Counter[str] = Counter()
        self.entries: list[Entry] = []
        self.errors: Counter[str] = Counter()
        self.faults: list[str] = []
        self.findings: list[str] = []
        self.commands = 0
        # To purchases and checkouts, errors among them.
        self.answers = 0
        self._more = threading.Condition()

    def send(self, via: str, message: Message) -> None:
        """Note what a client sends, before it is sent."""
        self.entries.append(Entry(now_ms(), via, True, message))
        with self._more:
            self.commands += 1
            self._more.notify_all()

    def wait_for_commands(self, count: int, within_s: float) -> bool:
        """Wait, in another thread, until so many commands were sent; False if they never were."""
        with self._more:
            return self._more.wait_for(lambda: self.commands >= count, within_s)

    def heard(self, via: str, buyer: str, message: Message) -> None:
        """Note what a buyer is told of its reservations and orders."""
        self.entries.append(Entry(now_ms(), via, False, message))
        match message["type"]:
            case "reserved":
                self.attempts[message["rid"]].reserved = message
            case "confirmed" | "cancelled":
                self._bought(message)
            case "checkout":
                self.asked[message["order_id"]] = message["rids"]
                if "total" in message:
                    self.totals[message["order_id"]] = message["total"]
            case "released" | "expired" | "refused":
                self._final(message["rid"], message["type"])
                self.refused_as[message["rid"]] = message.get("code", "")
            case "welcome":
                for order in message["orders"]:
                    if order["status"] in ("confirmed", "cancelled"):
                        self._bought(order)
        if buyer != self._owner(message):
            self.findings.append(f"{buyer} was told of another's purchase: {message}")

    def answer_attempt(self, rid: str, answer: Message) -> None:
        """Note the answer by `ref` to a `buy`, `reserve` or `release`."""
        self.answers += 1
        code = answer.get("code") or answer["type"]
        self.attempts[rid].answered.append(code)
        if answer["type"] == "error":
            self.errors[code] += 1

    def note(self, via: str, message: Message) -> None:
        """Note a message that says nothing final, such as an error."""
        self.entries.append(Entry(now_ms(), via, False, message))

    def note_release(self, attempt: Attempt, answer: Message) -> None:
        """Note the answer by `ref` to a `release`; `released` itself was heard."""
        if answer["type"] == "error":
            self.errors[answer["code"]] += 1

    def answer_checkout(self, order_id: str, answer: Message) -> None:
        """Note the answer by `ref` to a `checkout`."""
        self.answers += 1
        code = answer.get("code") or answer["type"]
        self.checkouts[order_id].answered.append(code)
        if answer["type"] == "error":
            self.errors[code] += 1

    def of(self, *names: str) -> Iterator[str]:
        """Yield the lines of the history in which one of the ids occurs, and the faults."""
        yield from self.faults
        for entry in self.entries:
            text = str(entry)
            if any(name in text for name in names):
                yield text

    def confirmed_orders(self) -> dict[str, list[str]]:
        """Return the orders that anyone was told are bought, with their rids."""
        orders = {rid: [rid] for rid, each in self.attempts.items() if each.bought}
        orders = {rid: rids for rid, rids in orders.items() if self.attempts[rid].command == "buy"}
        return orders | {i: each.rids for i, each in self.checkouts.items() if each.confirmed}

    def _bought(self, message: Message) -> None:
        for rid in message["rids"]:
            self._final(rid, "confirmed")
        checkout = self.checkouts.get(message["order_id"])
        if checkout is not None:
            checkout.answered.append("confirmed")
            checkout.total = message.get("total", checkout.total)

    def _final(self, rid: str, what: str) -> None:
        self.attempts[rid].finals.append((what, now_ms()))

    def _owner(self, message: Message) -> str:
        rid = message.get("rid") or next(iter(message.get("rids", ())), None)
        return self.attempts[rid].buyer if rid is not None else message["viewer"]["id"]


def now_ms() -> int:
    """Read the machine's clock, which is also that of its stores."""
    return time.time_ns() // 1_000_000
