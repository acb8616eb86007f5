"""One visitor's share: of Redis' memory, of the node's memory and rooms, of the log."""

import asyncio
import itertools
import json
import random
import secrets
import socket
import uuid
from typing import Any, Final

from liveshop.core.roles import Role
from loadtests.kit.frames import TEXT, client_frame
from tests.hostile.attacks.ground import (
    Attack,
    Ground,
    Herd,
    answered,
    at_once,
    closed,
    connected,
    enter,
    get,
    receive,
    request,
    send,
    status_of,
    token,
    upgrade,
    welcomed,
)

_CONNECTIONS: Final = 50
_PAUSE_S: Final = 0.1  # twenty at a time: their cost is not the point


async def _say(bare: socket.socket, **message: Any) -> bool:
    return await send(bare, client_frame(TEXT, json.dumps(message).encode()))


async def _reserve_and_release(ground: Ground) -> None:
    """Reserve and release by one token over all the connections that it may have."""
    sku = ground.show.skus[0]

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                await enter(bare, ground.path, "mallory")
                while ground.goes_on and not closed(bare):
                    rid = str(uuid.uuid4())
                    await _say(bare, type="reserve", rid=rid, sku=sku, quantity=1)
                    await _say(bare, type="release", rid=rid)
                    ground.counts["reserved and released"] += 1
                    await asyncio.sleep(0.2)

    await at_once(_CONNECTIONS, one)


async def _reserve_over_http(ground: Ground) -> None:
    """Reserve and release by one token over HTTP."""
    path = f"/api/sessions/{ground.show.session_id}/reservations"
    bearer = f"Authorization: Bearer {token('mallory')}"

    async def one(number: int) -> None:
        async with connected(ground) as bare:
            while ground.goes_on:
                rid = str(uuid.uuid4())
                body = {"rid": rid, "sku": ground.show.skus[0], "quantity": 1}
                data = json.dumps(body).encode()
                fields = (bearer, f"Content-Length: {len(data)}")
                answer = await answered(bare, request("POST", path, *fields, body=data))
                ground.counts[f"answered {status_of(answer)}"] += 1
                if not answer or closed(bare):
                    return
                await answered(bare, request("DELETE", f"{path}/{rid}", bearer))
                await asyncio.sleep(0.05)

    await at_once(20, one)


async def _new_rids_refused(ground: Ground) -> None:
    """Ask again and again for what is not there, each time with another rid."""

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                await enter(bare, ground.path, "mallory")
                while ground.goes_on and not closed(bare):
                    rid, sku = str(uuid.uuid4()), random.choice(("none", ground.show.skus[0]))
                    await _say(bare, type="buy", rid=rid, sku=sku, quantity=100, price=1)
                    await _say(bare, type="checkout", order_id=rid, rids=[str(uuid.uuid4())])
                    ground.counts["asked"] += 2
                    await asyncio.sleep(0.2)

    await at_once(_CONNECTIONS, one)


async def _unread_snapshots(ground: Ground) -> None:
    """Join a show with a large snapshot, and never read it."""
    path = f"/ws/sessions/{ground.others[0]}"

    async def greet(bare: socket.socket) -> None:
        ground.counts[f"answered {status_of(await enter(bare, path, None))}"] += 1

    herd = Herd(ground, 1_000, greet, per_second=200, receive_buffer=2_304, watched=False)
    await herd.hold()


async def _anonymous_in(ground: Ground) -> None:
    """Join one show after the other without a token."""
    shows = itertools.cycle(ground.others)

    async def greet(bare: socket.socket) -> None:
        await enter(bare, f"/ws/sessions/{next(shows)}", None)
        if await welcomed(bare):
            ground.counts["joined"] += 1

    await Herd(ground, len(ground.others), greet, per_second=100).hold()


async def _made_up_shows(ground: Ground) -> None:
    """Ask for shows that there are not, by WebSocket and by HTTP."""

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                name = secrets.token_hex(random.choice((1, 8, 30)))
                if number % 2:
                    await enter(bare, f"/ws/sessions/{name}", None)
                    ground.counts["sockets"] += 1
                else:
                    answer = await answered(bare, get(f"/api/sessions/{name}"))
                    ground.counts[f"answered {status_of(answer)}"] += 1
                await asyncio.sleep(0.05)

    await at_once(20, one)


async def _bad_frames(ground: Ground) -> None:
    frames = (
        b"\x81\x05hello",  # not masked
        b"\xff\xff" + b"\xff" * 20,
        b"\x83\x80" + bytes(4),
        b"\x89\xfe\x01\x00" + bytes(300),
        client_frame(2, b"binary"),
        client_frame(TEXT, b"\xff\xfe"),
        client_frame(TEXT, b"[]"),
        client_frame(TEXT, b'{"type":"hello","token":1}') * 20,
        client_frame(TEXT, b'{"type":"nothing"}') * 20,
        client_frame(8, b"\x00"),
        client_frame(TEXT, b"x" * 5_000),
        client_frame(0, b"no start"),
        b"\xc1\x85" + bytes(4) + b"\xff\xff\xff\xff\xff",
    )
    turn = itertools.count()

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                if number % 2:
                    await enter(bare, ground.path, None)
                else:
                    await send(bare, upgrade(ground.path, "Sec-WebSocket-Extensions: x"))
                await send(bare, frames[next(turn) % len(frames)])
                await receive(bare, 0.3)
                ground.counts["frames"] += 1
                await asyncio.sleep(_PAUSE_S)

    await at_once(20, one)


async def _bad_heads(ground: Ground) -> None:
    heads = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + secrets.token_bytes(500),
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\x00\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        upgrade("*"),
        upgrade(ground.path).replace(b"dGhl", b"\xff\xff"),
        upgrade(ground.path, "Origin: http://["),
        upgrade(ground.path, "Origin: http://x:99999999"),
        upgrade(ground.path, "Sec-WebSocket-Extensions: \xff\xff;;;"),
        get("/api/products?limit=%00&after=\\x"),
        get("/" + "a" * 20_000),
    )
    turn = itertools.count()

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                await send(bare, heads[next(turn) % len(heads)])
                ground.counts[f"answered {status_of(await receive(bare, 0.3))}"] += 1
                await asyncio.sleep(_PAUSE_S)

    await at_once(20, one)


async def _closed_by_purpose(ground: Ground) -> None:
    """Be refused at once by whatever may refuse a viewer: origin, token, show, limit."""
    large = token("x" * 64, Role.HOST)[:-3] + "xyz"

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                forms = (
                    upgrade(ground.path, "Origin: https://evil.example"),
                    upgrade(f"/ws/sessions/{secrets.token_hex(4)}"),
                    upgrade("/ws/sessions/%00"),
                )
                await send(bare, random.choice((*forms, upgrade(ground.path))))
                await _say(bare, type="hello", token=large)
                await receive(bare, 0.3)
                ground.counts["sockets"] += 1
                await asyncio.sleep(_PAUSE_S)

    await at_once(20, one)


ATTACKS: Final = (
    Attack(
        "reserve-release",
        5,
        f"one token reserves and releases over {_CONNECTIONS} connections",
        _reserve_and_release,
    ),
    Attack("reserve-http", 5, "one token reserves and releases over HTTP", _reserve_over_http),
    Attack(
        "refused-rids",
        5,
        f"one token, {_CONNECTIONS} connections, a new rid for each refusal",
        _new_rids_refused,
    ),
    Attack(
        "unread-snapshots",
        5,
        "1,000 joiners who never read a large snapshot",
        _unread_snapshots,
        others="large",
        others_count=1,
    ),
    Attack(
        "settled-shows",
        5,
        "anonymous sockets to 600 shows that are settled",
        _anonymous_in,
        others="settled",
        others_count=600,
    ),
    Attack(
        "scheduled-shows",
        5,
        "anonymous sockets to 1,000 shows that are scheduled",
        _anonymous_in,
        others="scheduled",
        others_count=1_000,
    ),
    Attack("made-up-shows", 5, "sockets and GETs of shows that there are not", _made_up_shows),
    Attack("bad-frames", 5, "frames that break every rule, on 20 connections", _bad_frames),
    Attack("bad-heads", 5, "heads that are none, on 20 connections", _bad_heads),
    Attack("refused-sockets", 5, "sockets of bad origins, tokens, shows", _closed_by_purpose),
)
