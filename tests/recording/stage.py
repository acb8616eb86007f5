"""A server, the people of a show, and a tape of all that it tells them."""

import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, Final

import httpx
import jwt

from tests.client import Client, Message, connected
from tests.recording.canon import Canon
from tests.recording.pace import Pace
from tests.recording.tape import Tape
from tests.waiting import until

WAIT_S: Final = 30.0
_GAUGES: Final = ("likes", "buying", "left", "sales")
_ASKED_CHARS_MAX: Final = 300
# They differ each time: how much a caller may still ask is a matter of how fast it asked.
_UNTOLD_HEADERS: Final = frozenset(
    (
        *("connection", "content-length", "date"),
        *("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
    )
)
_IDS: Final = uuid.UUID("6f0d6d0e-7d7e-4a3b-9a3e-3d6f1c2b5a49")


def rid(name: str) -> str:
    """Return the rid or order id of a name: the same in every recording."""
    return str(uuid.uuid5(_IDS, name))


def wish(name: str, sku: str, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    """Return the fields of a purchase, whose rid is made of a name."""
    return {"rid": rid(name), "sku": sku, "quantity": quantity, **fields}


def seen(gauges: Message, message: Message) -> Message:
    """Return the gauges after a message, as docs/protocol.md says that a client has them."""
    match message:
        case {"type": "session", "shelf": shelf, "sales": sales}:
            left = {v["sku"]: v["left"] for product in shelf for v in product["variants"]}
            sales = {sale["product_id"]: sale["left"] for sale in sales}
            shared = {name: message[name] for name in ("viewers", "likes", "buying")}
            return {**shared, "left": left, "sales": sales}
        case {"type": "pulse"}:
            merged = {n: {**gauges[n], **message.get(n, {})} for n in ("left", "sales")}
            shared = {n: message[n] for n in ("viewers", "likes", "buying") if n in message}
            return {**gauges, **merged, **shared}
        case {"type": "product.added", "product": product}:
            added = {variant["sku"]: variant["left"] for variant in product["variants"]}
            return {**gauges, "left": {**gauges["left"], **added}}
        case {"type": "product.sold_out" | "product.restocked", "sku": sku}:
            return {**gauges, "left": {**gauges["left"], sku: message.get("left", 0)}}
        case {"type": "sale.started", "product_id": product_id, "left": left}:
            return {**gauges, "sales": {**gauges["sales"], product_id: left}}
        case {"type": "sale.ended" | "product.removed", "product_id": product_id}:
            kept = {name: left for name, left in gauges["sales"].items() if name != product_id}
            return {**gauges, "sales": kept}
        case _:
            return gauges


class Seat:
    """A person's connection to a session, and how much of what came is on the tape."""

    def __init__(self, name: str, session: str, client: Client) -> None:
        self.name = name
        self.session = session
        self.client = client
        self.taped = 0
        self.pace = Pace()

    @property
    def gauges(self) -> Message:
        """The gauges that a page would show: the snapshot's with what came since."""
        shown: Message = {}
        for message in self.client.messages:
            shown = seen(shown, message)
        return shown

    @property
    def chat(self) -> list[str]:
        """The texts of the chat that came since the scene began."""
        return [
            message["text"]
            for batch in self.client.messages[self.taped :]
            if batch["type"] == "chat"
            for message in batch["messages"]
        ]


class RecordingStage:
    """One server: commands by `ask`, requests by `call`, and what comes of them on `tape`.

    `sessions` has the ids of sessions by the names that the script gives them.
    """

    def __init__(
        self, url: str, secret: str, http: httpx.AsyncClient, exits: AsyncExitStack
    ) -> None:
        self.url = url
        self.http = http
        self.tape = Tape()
        self.canon = Canon()
        self.sessions: dict[str, str] = {}
        self.seats: dict[str, Seat] = {}
        self.keys: dict[str, str] = {}
        self._secret = secret
        self._exits = exits
        self._answers: list[str] = []
        self._usual_headers: dict[str, str] = {}

    def token(self, sub: str, role: str = "viewer", **claims: Any) -> str:
        """Sign a token, as the merchant's backend would."""
        facts = {"sub": sub, "name": sub.title(), "role": role, "exp": int(time.time()) + 3_600}
        return jwt.encode({**facts, **claims}, self._secret, "HS256")

    @asynccontextmanager
    async def scene(self, name: str, session: str | None = None) -> AsyncIterator[None]:
        """Tape what comes to those who watch a session, and all answers over HTTP, as one scene."""
        self._answers = []
        yield
        self.tape.add(name, "answers and gauges", self._answers)
        if session is None:
            return
        await self._all_events(session)
        for seat in [each for each in self.seats.values() if each.session == session]:
            private, public = self._taken(seat)
            self.tape.add(name, f"{seat.name} privately", private)
            self.tape.add(name, f"{seat.name} like all", public)

    async def join(
        self, name: str, session: str, role: str | None = "viewer", **hello: Any
    ) -> Message:
        """Seat a person before a session, nobody's token with the role None; return the welcome.

        A name may have a second part, `ada phone`: the same person on another connection.
        """
        client = await self._exits.enter_async_context(
            connected(self.url.replace("http", "ws", 1), self.sessions[session])
        )
        self.seats[name] = Seat(name, session, client)
        token = None if role is None else self.token(name.partition(" ")[0], role)
        welcome = await client.ask("hello", token=token, **hello)
        await client.wait_for(lambda message: message["type"] == "session", within_s=WAIT_S)
        return welcome

    async def leave(self, name: str) -> None:
        """Close a person's connection; what came to it is on the tape already."""
        await self.seats.pop(name).client.connection.close()

    def skip(self, name: str) -> None:
        """Leave what has come to a person until now off the tape."""
        seat = self.seats[name]
        seat.taped = len(seat.client.messages)

    async def ask(self, name: str, kind: str, **fields: Any) -> Message:
        """Send a person's command and return its answer."""
        seat = self.seats[name]
        await seat.pace.turn(kind)
        return await seat.client.ask(kind, **fields)

    async def send(self, name: str, kind: str, **fields: Any) -> None:
        """Send a person's command that is not answered."""
        await self.seats[name].client.send(kind, **fields)

    async def hear(self, name: str, kind: str, **fields: Any) -> Message:
        """Wait for a message to a person that has come since the scene began."""
        seat = self.seats[name]

        def fits(message: Message) -> bool:
            told = all(message.get(field) == value for field, value in fields.items())
            return message["type"] == kind and told

        try:
            return await seat.client.wait_for(fits, since=seat.taped, within_s=WAIT_S)
        except TimeoutError:
            raise TimeoutError(f"{name} never hears {kind} with {fields}") from None

    async def all_read(self, text: str, *names: str) -> None:
        """Wait until people have read a text in the chat since the scene began."""
        for name in names:
            await until(partial(_has_read, self.seats[name], text))

    async def all_see(self, session: str, **gauges: Any) -> None:
        """Wait until all who watch a session see these gauges, and tape all that they see.

        Units are given for some SKUs or sales; the others are on the tape too.
        """
        for seat in [each for each in self.seats.values() if each.session == session]:
            await until(partial(_sees, seat, gauges))
            shown = {name: seat.gauges[name] for name in _GAUGES}
            self._answers.append(f"{seat.name} sees {self.canon.line(shown, _now_ms())}")

    async def buy(self, name: str, order: str, sku: str, quantity: int = 1, **fields: Any) -> None:
        """Buy for a person, and wait until all connections of the person and the host know."""
        await self.ask(name, "buy", **wish(order, sku, quantity, **fields))
        await self.all_hear(name, "confirmed", order_id=rid(order))
        await self.hear("host", "order", order_id=rid(order))

    async def all_hear(self, name: str, kind: str, **fields: Any) -> None:
        """Wait until all connections of a person have got a message since the scene began."""
        session, person = self.seats[name].session, name.partition(" ")[0]
        for seat in list(self.seats.values()):
            if seat.session == session and seat.name.partition(" ")[0] == person:
                await self.hear(seat.name, kind, **fields)

    async def count(self, name: str, **totals: int) -> None:
        """Wait until a host is told these totals, and tape what it is told."""
        seat = self.seats[name]

        def told() -> Message:
            newest = (m for m in reversed(seat.client.messages) if m["type"] == "stats")
            # Of products each has what changed since the one before, and that is a matter of time.
            return {name: of for name, of in next(newest, {}).items() if name != "products"}

        await until(lambda: totals.items() <= told().items())
        self._answers.append(f"{name} counts {self.canon.line(told(), _now_ms())}")

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str | None = None,
        headers: Mapping[str, str] | None = None,
        makes: str | None = None,
        **query: Any,
    ) -> Any:
        """Send a request and tape its answer; `by` a token or key. Return what it has as JSON.

        A session in the path is named in braces, as `sessions` has it. `makes` names a session that
        the request makes.
        """
        sent = dict(headers or {})
        if by is not None:
            sent["Authorization"] = f"Bearer {by}"
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        if body is None:
            content = {}
        answer = await self.http.request(
            method, path.format(**self.sessions), headers=sent, params=query, **content
        )
        if makes is not None:
            self.sessions[makes] = answer.json()["id"]
            self.canon.name(self.sessions[makes], f"session {makes}")
        self._tape_answer(f"{method} {path}" + (f" {query}" if query else ""), body, answer)
        told = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if told else answer.text

    def note(self, what: str, told: Mapping[str, Any]) -> None:
        """Tape something that was asked for in another way than by `call`."""
        self._answers.append(f"{self.canon.text(what)} {self.canon.line(told, _now_ms())}")

    def _tape_answer(self, request: str, body: Any, answer: httpx.Response) -> None:
        asked = self.canon.text(str(body)[:_ASKED_CHARS_MAX]) if body is not None else ""
        self._answers.append(f"{self.canon.text(request)} {asked}".rstrip())
        self._answers.append(f"  {answer.status_code} {self._headers(answer)}")
        self._answers += [f"  {line}" for line in self._content(answer)]

    def _content(self, answer: httpx.Response) -> list[str]:
        match answer.headers.get("content-type", "").partition(";")[0]:
            case "application/json":
                return [self.canon.line({"body": answer.json()}, _now_ms())]
            case "text/csv":
                return self.canon.table(answer.text)
            case _:
                return self.canon.text(answer.text).splitlines()

    def _headers(self, answer: httpx.Response) -> str:
        """Return the headers of an answer: all of the first one, then what is not as in that."""
        told = {name: self.canon.text(text) for name, text in sorted(answer.headers.items())}
        told = {name: text for name, text in told.items() if name not in _UNTOLD_HEADERS}
        usual, self._usual_headers = self._usual_headers, self._usual_headers or told
        unusual = {name: text for name, text in told.items() if usual.get(name) != text}
        missing = {name: None for name in usual if name not in told}
        return json.dumps(unusual | missing)

    async def _all_events(self, session: str) -> None:
        """Wait until all who watch a session have every event of its log."""
        path, by = f"/api/sessions/{self.sessions[session]}", self.token("root", "admin")
        answer = await self.http.get(path, headers={"Authorization": f"Bearer {by}"})
        newest = answer.json()["offset"]
        for seat in [each for each in self.seats.values() if each.session == session]:
            await until(partial(_has_come_to, seat, newest))

    def _taken(self, seat: Seat) -> tuple[list[str], list[str]]:
        """Return the lines of what has come to a person: private ones, and those for all.

        An event may come before or after the answer to the command that made it.
        """
        came, now_ms = seat.client.messages[seat.taped :], _now_ms()
        seat.taped = len(seat.client.messages)
        for message in came:
            if message["type"] == "pulse":
                self.tape.saw(list(message))
        private, public, said = list[Message](), list[Message](), list[Message]()
        for message in came:
            match message:
                case {"type": "pulse" | "stats"}:
                    pass
                case {"type": "chat", "messages": messages, "dropped": dropped}:
                    said += [{"chat": each} for each in messages]
                    said += [{"dropped": dropped}] if dropped else []
                case {"type": kind, "offset": _} if "." in kind:
                    public.append(message)
                case _:
                    private.append(message)
        lines = [[self.canon.line(m, now_ms) for m in part] for part in (private, public + said)]
        return lines[0], lines[1]


def _has_read(seat: Seat, text: str) -> bool:
    return text in seat.chat


def _has_come_to(seat: Seat, offset: int) -> bool:
    return (seat.client.offset or 0) >= offset


def _sees(seat: Seat, wanted: Message) -> bool:
    shown = seat.gauges
    return all(
        all(shown[name].get(key) == value for key, value in part.items())
        if isinstance(part, dict)
        else shown[name] == part
        for name, part in wanted.items()
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
