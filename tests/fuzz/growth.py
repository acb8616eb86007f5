"""The target that doubles its input: the work done for it may at most double too.

Each way in has an entry here, which takes a text of any length as a stranger would send it. The
fuzzer chooses the entry, a beginning, a unit that is repeated, and an end. Calls are counted
always; the processor's time, which also sees what a single call of C does, only when fuzzing.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from ipaddress import ip_network
from itertools import product
from typing import Final

from starlette.datastructures import QueryParams

from liveshop.core import limits, wire
from liveshop.core.errors import BadFrame, LiveshopError
from liveshop.core.roles import Identity, Role
from liveshop.core.unseen import flaw_of
from liveshop.core.wire import Message
from liveshop.core.words import words_of
from liveshop.edge.addresses import client_address, origin_allowed
from liveshop.edge.handshake import read_head, session_of, shake_hands
from liveshop.edge.http.product_records import ProductsPage
from liveshop.edge.websocket import WebSocket
from liveshop.features.catalogue_import.csv_rows import lines_of, rows_of
from liveshop.features.catalogue_import.prose import text_of_html
from liveshop.features.catalogue_import.shopify import parse
from liveshop.features.chat.words import WordFilter
from liveshop.features.polls.rehearsal import REHEARSED_BALLOTS_MAX
from liveshop.features.rehearsal import http_records
from liveshop.features.rehearsal.rules import rehearse
from tests.edge.raw_viewer import CONT, TEXT, frame
from tests.fuzz.bounds import calls_of
from tests.fuzz.codec import BODY, TOKEN
from tests.fuzz.heads import check_head
from tests.fuzz.target import Target
from tests.vocabulary import VOCABULARY

_UNIT_BYTES_MAX: Final = 64
_COUNTED_BYTES: Final = 256
_TIMED_BYTES: Final = 16_384
# Twice is right, four times is the square; less than these is no matter, or not to be measured.
_TIMES_CALLS_MAX: Final = 3
_CALLS_FREE: Final = 200
_TIMES_CPU_MAX: Final = 3.2
_CPU_MS_FREE: Final = 20.0
_TRUSTED: Final = tuple(ip_network(text) for text in ("10.0.0.0/8", "::1/128", "192.0.2.0/24"))
_HEADER: Final = b"Handle,Title,Body (HTML),Option1 Value,Variant SKU,Variant Price,Image Src\n"
_BLOCKED: Final = WordFilter(
    f"{start} {number}"
    for start, number in product(("a", "scam", "の", "a\u0301", "xb xb"), range(40))
)

_HOST: Final = Identity("h", "h", Role.HOST)
_SESSION: Final[Message] = {
    **{"type": "session", "offset": 1_000, "now_ms": 1, "id": "s1", "title": "A", "status": "live"},
    **{"starts_at_ms": None, "currency": "EUR", "stream_url": None, "pinned": [], "viewers": 1},
    **{"likes": 1, "buying": True, "chat_pinned": [], "chat": []},
}
_POLL: Final[Message] = {
    **{"poll": 1, "question": "Which?", "choices": [{"label": "A"}, {"label": "B"}]},
    **{"kind": "choice", "show": "live", "ends_at_ms": None, "guests": False},
}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _chat(data: bytes) -> None:
    said = _text(data)
    flaw_of(said)
    _BLOCKED.finds(said)
    VOCABULARY.command({"type": "say", "text": said})


def _search(data: bytes) -> None:
    fields = QueryParams(b"q=" + data)
    words_of(wire.decode_query(dict(fields), ProductsPage).q)


def _command(data: bytes) -> None:
    VOCABULARY.command(wire.decode_object(data))


def _fragments(data: bytes) -> None:
    websocket = WebSocket()
    for at in range(min(len(data), limits.FRAMES_RATE[1])):
        begins = frame(TEXT if at == 0 else CONT, data[at : at + 1], final=False)
        websocket.receive_data(begins[:-1])
        websocket.frame_begun()
        websocket.receive_data(begins[-1:])
        for event in websocket.events_received():
            websocket.text.take(event.data, whole=False)  # type: ignore[union-attr]


def _packets(data: bytes) -> None:
    websocket = WebSocket()
    for byte in frame(TEXT, data[: limits.MESSAGE_BYTES_MAX]):
        websocket.receive_data(bytes((byte,)))
        if (begun := websocket.frame_begun()) is not None:
            websocket.text.foresee(begun.data)


def _upgrade(data: bytes) -> None:
    # The parser before it lets no control character through.
    text = "".join(filter(str.isprintable, data.decode("latin-1")))[: limits.HEAD_BYTES_MAX]
    names = (
        *(b"sec-websocket-extensions", b"sec-websocket-protocol"),
        *(b"connection", b"x-forwarded-for"),
    )
    value = text.encode("latin-1")
    headers = [*((name, value) for name in names), (b"upgrade", b"websocket")]
    head = read_head("GET", b"/ws/sessions/" + value, headers)
    session_of(head.path)
    shake_hands(head)


def _forwarded(data: bytes) -> None:
    client_address("10.0.0.1", (data.decode("latin-1"),), _TRUSTED)


def _origin(data: bytes) -> None:
    text = data.decode("latin-1")[: limits.HEAD_BYTES_MAX]
    origin_allowed.__wrapped__(text, text, ())
    origin_allowed.__wrapped__(f"https://{text}", "shop.example", ())


def _rehearsal(data: bytes) -> None:
    """End a rehearsed show with a product, a sale, a word and a vote a byte, up to the limits."""
    session, products, sales = dict(_SESSION), list[Message](), list[Message]()
    for at, byte in enumerate(data[: limits.SHELF_PRODUCTS_MAX]):
        name = f"{at} {byte}"
        variant = {"sku": name, "label": "", "price": byte, "was": None, "limit": 1, "left": byte}
        products.append({"product_id": name, "title": "A", "image": None, "variants": [variant]})
        sale = {"offset": at, "product_id": name, "prices": {name: 0}, "left": byte, "limit": None}
        sales.append({**sale, "starts_at_ms": 0, "ends_at_ms": 1 + byte})
    session |= {"shelf": products, "sales": sales, "polls": [_POLL]}
    ballots = {f"u:{at}": byte % 2 for at, byte in enumerate(data[:REHEARSED_BALLOTS_MAX])}
    state = {
        "session": session,
        "words": [str(byte) for byte in data[: limits.BLOCKED_WORDS_MAX]],
        "ballot_boxes": [{"poll": _POLL["poll"], "ballots": ballots}],
    }
    body = wire.encode_one({"state": state, "command": {"type": "session.end"}})
    step = wire.decode_body(body, http_records.rehearse(VOCABULARY))
    rehearse(
        step.state,
        step.command,
        _HOST,
        vocabulary=VOCABULARY,
        now_ms=128,
        catalogue_currency="EUR",
    )


ENTRIES: Final[Mapping[str, Callable[[bytes], object]]] = {
    "body": lambda data: BODY.check(b"\x00" + data),
    "chat": _chat,
    "command": _command,
    "csv": lambda data: list(parse(lines_of([_HEADER + data]), "EUR")),
    "csv cell": lambda data: list(parse(lines_of([_HEADER + b'a,A,"' + data + b'",,,1,']), "EUR")),
    "csv in bytes": lambda data: list(rows_of(lines_of(bytes((byte,)) for byte in data))),
    "forwarded": _forwarded,
    "fragments": _fragments,
    "head": lambda data: check_head(b"\xff" + data),
    "json": wire.decode_object,
    "origin": _origin,
    "packets": _packets,
    "prose": lambda data: text_of_html(_text(data)),
    "rehearsal": _rehearsal,
    "search": _search,
    "token": TOKEN.check,
    "upgrade": _upgrade,
}
UNITS: Final = (
    *(b" ", b"\n", b"\r", b"\t", b",", b";", b"=", b"&", b"a", b"a ", b"0", b".", b"%", b"%41"),
    *(b"<", b"<li>", b"\n<li>", b" </li>", b"<div>", b"<b id=1>", b"</p>", b"<!--", b"<a b='"),
    *(b"&amp", b"&#", b"&#9", b"<p><b>", b"<td>", b"<template>", b'"', b'""', b'x","\n', b'a,"b\n'),
    *(each.encode() for each in ("\u0301", "\u0316\u0301", "a\u200d", "\ufdfa", "の")),
    *(b"[", b"{", b'{"a":', b"\\", b"\\u0000", b"10.0.0.1,", b"::1, ", b"x:", b"@", b"/", b"//"),
    *(b"permessage-deflate,", b"a;b=c,", b"A: b\r\n", b"X-Forwarded-For: ::1\r\n", b"xb "),
)
_NAMES: Final = tuple(ENTRIES)


def input_of(entry: str, unit: bytes, begin: bytes = b"", end: bytes = b"") -> bytes:
    """Return an input of the fuzzer that chooses so."""
    sizes = bytes((_NAMES.index(entry), len(begin), len(unit)))
    return sizes + begin + unit + end


def check_calls(data: bytes) -> None:
    """Twice the input makes at most twice the calls, give or take."""
    work, repeated = _parts(data)
    once, twice = (
        calls_of(partial(_done, work, repeated(count)))
        for count in (_COUNTED_BYTES, 2 * _COUNTED_BYTES)
    )
    most = _TIMES_CALLS_MAX * once + _CALLS_FREE
    assert twice <= most, f"{once} calls, and {twice} for twice as much"


def check_time(data: bytes) -> None:
    """Twice the input takes at most twice the processor's time, give or take."""
    work, repeated = _parts(data)
    large = repeated(_TIMED_BYTES)
    if _cpu_ms(work, large) < _CPU_MS_FREE:
        return
    small = repeated(_TIMED_BYTES // 2)
    once = min(_cpu_ms(work, small) for _ in range(3))
    twice = min(_cpu_ms(work, large) for _ in range(3))
    assert twice < _TIMES_CPU_MAX * once, f"{once:.0f} ms, and {twice:.0f} ms for twice as much"


def _parts(data: bytes) -> tuple[Callable[[bytes], object], Callable[[int], bytes]]:
    name, begins, units = (*data[:3], 0, 0, 0)[:3]
    rest = data[3:]
    begin, rest = rest[:begins], rest[begins:]
    length = 1 + (units - 1) % _UNIT_BYTES_MAX
    unit, end = rest[:length] or b" ", rest[length:]
    work = ENTRIES[_NAMES[name % len(_NAMES)]]
    return work, lambda size: begin + unit * (size // len(unit)) + end


def _done(work: Callable[[bytes], object], data: bytes) -> None:
    with suppress(LiveshopError, BadFrame, UnicodeDecodeError):
        work(data)


def _cpu_ms(work: Callable[[bytes], object], data: bytes) -> float:
    begun_at = time.process_time()
    _done(work, data)
    return 1_000 * (time.process_time() - begun_at)


GROWTH: Final = Target(
    check_calls,
    [input_of(name, b"<li>") for name in _NAMES],
    UNITS,
    calls_at_once=1_000_000,
    peak_bytes=33_554_432,
    timed=check_time,
)
