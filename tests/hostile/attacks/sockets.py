"""Connections that nobody times: answered and silent, half said, never read, as many as can be."""

import itertools
import socket
from collections.abc import Callable
from typing import Final

from tests.hostile.attacks.ground import (
    HUNDRED,
    Attack,
    Greet,
    Ground,
    Herd,
    answered,
    get,
    receive,
    request,
    send,
    status_of,
    token,
    upgrade,
)

_MANY: Final = 11_000
_SOME: Final = 2_000
_IN_TURN_PER_S: Final = 250
# A request that is answered before its end: a moment for the rest to come, not longer.
_REFUSED_S_MAX: Final = 6.0
_HEAD_S_MAX: Final = 11.0  # a head, or a hello, and the wheel's turn
_KEEP_ALIVE_S: Final = 3.0
_IDLE_S_MAX: Final = _KEEP_ALIVE_S + 2.0
_SHORT: Final = {"LIVESHOP_KEEP_ALIVE_MS": f"{_KEEP_ALIVE_S * 1_000:.0f}"}
_PAGE: Final = "/pages/vendor/hls/hls.js"  # the largest there is


def _asking(ground: Ground, data: bytes, *after: bytes) -> Greet:
    """Return what sends a request, waits for its answer, and says a little more."""

    async def greet(bare: socket.socket) -> None:
        ground.counts[f"answered {status_of(await answered(bare, data))}"] += 1
        for more in after:
            await send(bare, more)

    return greet


def _saying(data: bytes) -> Greet:
    async def greet(bare: socket.socket) -> None:
        await send(bare, data)

    return greet


def _dripping(data: bytes) -> Callable[[socket.socket], None]:
    def drip(bare: socket.socket) -> None:
        bare.send(data)

    return drip


async def _answered_then_crlf(ground: Ground) -> None:
    greet = _asking(ground, get("/watch/x"), b"\r\n")
    await Herd(ground, ground.files(_MANY), greet).hold()


async def _crlf_drip(ground: Ground) -> None:
    greet = _asking(ground, get("/watch/x"))
    await Herd(ground, ground.files(_MANY), greet, drip=_dripping(b"\r\n"), drip_s=3).hold()


async def _hundred_addresses(ground: Ground) -> None:
    greet = _asking(ground, get("/watch/x"), b"\r\n")
    await Herd(ground, ground.files(_MANY), greet, HUNDRED).hold()


async def _silent(ground: Ground) -> None:
    await Herd(ground, ground.files(_MANY), _saying(b"")).hold()


async def _silent_from_a_hundred(ground: Ground) -> None:
    await Herd(ground, ground.files(_MANY), _saying(b""), HUNDRED).hold()


async def _unauthorized_post(ground: Ground) -> None:
    refused = request("POST", "/api/products", "Content-Length: 1000")
    await Herd(ground, ground.files(_MANY), _asking(ground, refused, b"{")).hold()


async def _refused_bodies(ground: Ground) -> None:
    heads = (
        request("POST", "/api/products", "Content-Length: 60000", body=b"{"),
        request("POST", "/nowhere", "Content-Length: 60000", body=b"{"),
        request("DELETE", "/healthz", "Content-Length: 60000", body=b"{"),
        request("POST", "/api/sessions", "Content-Length: 99999999999", body=b"{"),
        request("PUT", "/api/products/x", "Transfer-Encoding: chunked", body=b"3e8\r\n{"),
    )
    await _in_turn(ground, _SOME, heads, b"x", 1.0)


async def _chunked(ground: Ground) -> None:
    head = request("POST", "/api/products", "Transfer-Encoding: chunked")
    heads = (
        head + b"1;x=",
        head + b"1\r\n{\r\n0\r\nX: ",
        head + b"000000000000000",
        head + b"1\r\n{\r\n1;",
    )
    await _in_turn(ground, _SOME, heads, b"0" * 400, 0.5)


async def _in_turn(
    ground: Ground,
    count: int,
    heads: tuple[bytes, ...],
    drip: bytes,
    drip_s: float,
    open_s_max: float = _REFUSED_S_MAX,
) -> None:
    turn = iter(range(10**9))

    async def greet(bare: socket.socket) -> None:
        await send(bare, heads[next(turn) % len(heads)])
        if answer := await receive(bare, 0.2):
            ground.counts[f"answered {status_of(answer)}"] += 1

    herd = Herd(
        ground,
        ground.files(count),
        greet,
        per_second=_IN_TURN_PER_S,
        drip=_dripping(drip) if drip else None,
        drip_s=drip_s,
        open_s_max=open_s_max,
    )
    await herd.hold()


async def _expect(ground: Ground) -> None:
    heads = (
        request("POST", "/api/products", "Content-Length: 10", "Expect: 100-continue"),
        request("POST", "/watch/x", "Content-Length: 10", "Expect: 100-continue"),
        request("GET", "/watch/x", "Content-Length: 10", "Expect: 100-continue"),
    )
    await _in_turn(ground, _SOME, heads, b"", 60)


async def _pipelined_unread(ground: Ground) -> None:
    # Never read, so it cannot be seen whether the node hangs up.
    greet = _saying(get("/watch/x") * 1_000)
    await Herd(ground, 60, greet, per_second=10, receive_buffer=4_096, watched=False).hold()


async def _large_unread(ground: Ground) -> None:
    greet = _saying(get(_PAGE))
    herd = Herd(ground, _SOME, greet, per_second=150, receive_buffer=4_096, watched=False)
    await herd.hold()


async def _eof_unread(ground: Ground) -> None:
    async def greet(bare: socket.socket) -> None:
        await send(bare, get(_PAGE))
        bare.shutdown(socket.SHUT_WR)

    herd = Herd(ground, _SOME, greet, per_second=150, receive_buffer=4_096, watched=False)
    await herd.hold()


async def _half_open_upgrades(ground: Ground) -> None:
    whole = upgrade(ground.path)
    heads = (whole[:-2], whole, whole + b"\x81", whole + b"\x81\xfe\x0f\xff" + bytes(4))
    await _in_turn(ground, _SOME, heads, b"", 60, _HEAD_S_MAX)


async def _slow_heads(ground: Ground) -> None:
    greet, drip = _saying(b"GET /watch/x HTTP/1.1\r\nX-A: "), _dripping(b"a")
    herd = Herd(ground, _SOME, greet, per_second=500, drip=drip, drip_s=0.5, open_s_max=_HEAD_S_MAX)
    await herd.hold()


async def _idle(ground: Ground) -> None:
    """Be answered, and send what begins no request: the node has to hang up nevertheless."""
    drips = itertools.cycle((b"\r\n", b"\n", b"\r\n\r\n", b""))
    greet = _asking(ground, get("/watch/x"), b"\r\n")

    def drip(bare: socket.socket) -> None:
        bare.send(next(drips))

    herd = Herd(ground, 500, greet, per_second=100, drip=drip, drip_s=0.5, open_s_max=_IDLE_S_MAX)
    await herd.hold()


async def _heads_of_a_hundred(ground: Ground) -> None:
    greet = _saying(b"GET /watch/x HTTP/1.1\r\nX-A: ")
    await Herd(ground, ground.files(_MANY), greet, HUNDRED).hold()


async def _bodies_of_a_hundred(ground: Ground) -> None:
    bearer = f"Authorization: Bearer {token('mallory')}"
    path = f"/api/sessions/{ground.show.session_id}/reservations"
    greet = _saying(request("POST", path, bearer, "Content-Length: 9000", body=b"{"))
    herd = Herd(ground, ground.files(_MANY), greet, HUNDRED, drip=_dripping(b" "), drip_s=3)
    await herd.hold()


async def _slow_keep_alive(ground: Ground) -> None:
    greet, drip = _asking(ground, get("/watch/x")), _dripping(get("/watch/x"))
    await Herd(ground, _SOME, greet, per_second=300, drip=drip, drip_s=12).hold()


ATTACKS: Final = (
    Attack(
        "answered-then-crlf",
        1,
        f"{_MANY:,} sockets of one address: a GET that is answered, CRLF, silence",
        _answered_then_crlf,
    ),
    Attack("crlf-drip", 1, f"{_MANY:,} sockets, answered, then CRLF now and then", _crlf_drip),
    Attack(
        "hundred-addresses",
        1,
        f"the same {_MANY:,} sockets, from 100 addresses",
        _hundred_addresses,
    ),
    Attack("silent", 1, f"{_MANY:,} sockets of one address that never say anything", _silent),
    Attack(
        "silent-hundred",
        1,
        f"{_MANY:,} sockets of 100 addresses that never say anything",
        _silent_from_a_hundred,
    ),
    Attack(
        "unauthorized-post",
        1,
        f"{_MANY:,} POSTs answered 401 before their body, of one byte",
        _unauthorized_post,
    ),
    Attack(
        "refused-bodies", 1, f"{_SOME:,} bodies dripped after 401, 404, 405, 413", _refused_bodies
    ),
    Attack("chunked", 1, f"{_SOME:,} endless chunk extensions, sizes and trailers", _chunked),
    Attack("expect-continue", 1, f"{_SOME:,} × Expect: 100-continue, and nothing", _expect),
    Attack(
        "pipelined-unread", 1, "60 × 1,000 pipelined GETs that are never read", _pipelined_unread
    ),
    Attack("large-unread", 1, f"{_SOME:,} GETs of the largest file, never read", _large_unread),
    Attack("eof-unread", 1, f"{_SOME:,} of them, half closed at once", _eof_unread),
    Attack(
        "half-open-upgrade",
        1,
        f"{_SOME:,} upgrades without an end, a hello, or a frame's rest",
        _half_open_upgrades,
    ),
    Attack(
        "idle-crlf",
        1,
        "500 sockets, answered, then CRLFs without a request; kept alive for 3 s",
        _idle,
        settings=_SHORT,
    ),
    Attack(
        "heads-hundred",
        1,
        f"{_MANY:,} heads without an end, from 100 addresses",
        _heads_of_a_hundred,
    ),
    Attack(
        "bodies-hundred",
        1,
        f"{_MANY:,} bodies of a token's, dripped from 100 addresses",
        _bodies_of_a_hundred,
    ),
    Attack("slow-heads", 1, f"{_SOME:,} heads, two bytes a second", _slow_heads),
    Attack(
        "slow-keep-alive", 1, f"{_SOME:,} sockets that ask every twelve seconds", _slow_keep_alive
    ),
)
