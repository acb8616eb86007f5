"""Honest visitors on bare sockets: they watch, buy, say something, and note how long it takes."""

import asyncio
import json
import socket
import struct
import time
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Final, cast

from loadtests.kit.frames import CLOSE, PING, PONG, TEXT, Target, client_frame, span

_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER of zero: no TIME_WAIT is left of a visitor
# Neither has a name in every Python: linux/in.h and linux/in6.h.
_BIND_ADDRESS_NO_PORT: Final = 24
_IPV6_FREEBIND: Final = 78
ANSWER_S_MAX: Final = 10.0
_KNOWN_MAX: Final = 256


def come_from(address: str) -> socket.socket:
    """Return a socket that does not block, with an address of its own and no port yet."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bare = socket.socket(family, socket.SOCK_STREAM)
    bare.setblocking(False)
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    # The connection chooses the port, so that an address has all of them for each peer.
    bare.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
    if family == socket.AF_INET6:
        # Of a network that is routed here, without each address being given to the machine.
        bare.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
    bare.bind((address, 0))
    return bare


@dataclass
class Notes:
    """Visitors' observations: lags in ms with their instants, and everything that was wrong."""

    lags: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, since_ns: int, now_ns: int) -> None:
        """Note how long something took."""
        self.lags[name].append((now_ns / 1e9, (now_ns - since_ns) / 1e6))


class Hall:
    """The shared state of one show's visitors: their notes, and what was sent when."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.price_sent_ns: dict[int, int] = {}
        self._known: dict[bytes, list[dict[str, Any]]] = {}

    def read(self, payload: bytes) -> list[dict[str, Any]]:
        """Decode a frame, once for everyone who gets the same bytes."""
        messages = self._known.get(payload)
        if messages is None:
            if len(self._known) > _KNOWN_MAX:
                self._known.clear()
            messages = self._known[payload] = json.loads(payload)
        return messages


class Visitor(asyncio.Protocol):
    """One viewer of a show, anonymous without a token."""

    def __init__(self, hall: Hall, target: Target, token: str | None) -> None:
        self._hall = hall
        self._target = target
        self._token = token
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._upgraded = False
        self._offset: int | None = None
        self._bought_ns: dict[str, int] = {}
        self._refs: dict[int, str] = {}
        self._ref = 0
        self.leaving = False
        self.watching: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._target.request())

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the node has let a visitor down, unless it left."""
        if not self.leaving:
            self._wrong("the connection was lost")

    def data_received(self, data: bytes) -> None:
        """Take the response, then frames."""
        self._rest += data
        if not self._upgraded:
            head, found, self._rest = self._rest.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._wrong(f"the upgrade was answered {head[9:12].decode('latin-1')}")
                return
            self._upgraded = True
            self.send({"type": "hello", "token": self._token})
        at = 0
        while (found_at := span(self._rest, at)) is not None:
            first, (start, end) = self._rest[at], found_at
            self._take(first & 0x0F, self._rest[start:end])
            at = end
        self._rest = self._rest[at:]

    def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(client_frame(TEXT, json.dumps(message).encode()))

    def buy(self, sku: str) -> None:
        """Buy a unit; the notes tell how long it took."""
        rid = str(uuid.uuid4())
        self._ref += 1
        self._refs[self._ref] = rid
        self._bought_ns[rid] = time.monotonic_ns()
        wanted = {"type": "buy", "ref": self._ref, "rid": rid, "sku": sku, "quantity": 1}
        self.send(wanted)

    def reprice(self, product_id: str, skus: tuple[str, ...], price: int) -> None:
        """Make an event, as a host; everyone's notes tell when it came."""
        self._hall.price_sent_ns[price] = time.monotonic_ns()
        prices = dict.fromkeys(skus, price)
        self._ref += 1
        message = {"type": "product.reprice", "ref": self._ref, "product_id": product_id}
        self.send({**message, "prices": prices})

    def say(self) -> None:
        """Say something; everyone's notes tell when it came."""
        self.send({"type": "say", "text": f"t{time.monotonic_ns()}"})

    def leave(self) -> None:
        """Hang up at once."""
        self.leaving = True
        if self._transport is not None:
            self._transport.abort()

    def unanswered(self, now_ns: int) -> int:
        """Return how many purchases have waited for longer than anyone would, and forget them."""
        late = [rid for rid, at in self._bought_ns.items() if now_ns - at > ANSWER_S_MAX * 1e9]
        for rid in late:
            del self._bought_ns[rid]
        return len(late)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            assert self._transport is not None, "it is connected"
            self._transport.write(client_frame(PONG, payload))
        elif opcode == CLOSE:
            self._wrong(f"closed with {int.from_bytes(payload[:2], 'big')}")
        elif opcode == TEXT:
            now_ns = time.monotonic_ns()
            for message in self._hall.read(payload):
                self._hear(message, now_ns)

    def _hear(self, message: dict[str, Any], now_ns: int) -> None:
        notes, kind = self._hall.notes, message["type"]
        if kind == "session":
            self._offset = message["offset"]
            if not self.watching.done():
                self.watching.set_result(None)
        elif kind == "reserved" and message["rid"] in self._bought_ns:
            notes.add("reserved", self._bought_ns[message["rid"]], now_ns)
        elif kind == "confirmed" and message["order_id"] in self._bought_ns:
            notes.add("confirmed", self._bought_ns.pop(message["order_id"]), now_ns)
        elif kind == "chat":
            for said in message["messages"]:
                if said["text"].startswith("t"):
                    notes.add("chat", int(said["text"][1:]), now_ns)
        elif kind == "error":
            notes.refused[message["code"]] += 1
            self._bought_ns.pop(self._refs.pop(message["ref"] or 0, ""), None)
        elif kind == "moved":
            self._wrong("moved")
        elif "at_ms" in message and "offset" in message:
            self._hear_event(message, now_ns)

    def _hear_event(self, event: dict[str, Any], now_ns: int) -> None:
        if self._offset is not None and event["offset"] != self._offset + 1:
            self._hall.notes.wrong["an event was missed"] += 1
        self._offset = event["offset"]
        if event["type"] == "product.repriced":
            price = next(iter(event["prices"].values()))
            if (sent_ns := self._hall.price_sent_ns.get(price)) is not None:
                self._hall.notes.add("event", sent_ns, now_ns)

    def _wrong(self, what: str) -> None:
        if self.leaving:
            return
        self.leaving = True  # once is enough
        if self.watching.done():
            self._hall.notes.wrong[what] += 1
        else:
            self.watching.set_exception(ConnectionError(what))
