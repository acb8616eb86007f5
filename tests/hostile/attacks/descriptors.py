"""The hand-over from HTTP to WebSocket: full buffers, pipelines, resets."""

import asyncio
import fcntl
import itertools
import random
import struct
import termios
import time
from typing import Final

from loadtests.kit.frames import TEXT, client_frame
from tests.hostile.attacks.ground import (
    Attack,
    Ground,
    at_once,
    connected,
    get,
    receive,
    request,
    send,
    status_of,
    token,
    upgrade,
)

_TASKS: Final = 8
_HELLO: Final = client_frame(TEXT, b'{"type":"hello","token":null}')
_READ_S: Final = 0.6
_PAUSE_S: Final = 0.05  # a few attempts at a time: their cost is not the point


def _waiting(descriptor: int) -> int:
    """Return how many bytes wait to be read."""
    return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0])


async def _full_buffers(ground: Ground) -> None:
    """Fill the send buffer to any of its last bytes with answers, then ask for the upgrade."""
    step = itertools.count(random.randrange(64))

    async def one(number: int) -> None:
        pages = ("/watch/x", "/liveshop.js", "/", "/liveshop.d.ts")
        while ground.goes_on:
            at = next(step)
            buffer = (2_304, 4_096, 8_192, 16_384)[at % 4]
            async with connected(ground, receive_buffer=buffer) as bare:
                # A refusal repeats the id, so that its length can be chosen to the byte.
                fill = get(pages[at // 4 % 4]) * (1 + at // 16 % 24)
                tail = get(f"/api/products/{'p' * (1 + at * 7 % 60)}")
                await send(bare, fill + tail, 1.0)
                await _until_still(bare.fileno())
                await send(bare, upgrade(ground.path) + _HELLO, 1.0)
                await asyncio.sleep(0.02)
                answers, read_until_s = b"", time.monotonic() + _READ_S
                while time.monotonic() < read_until_s and (more := await receive(bare, 0.3)):
                    answers += more
            judge(ground, answers, fill.count(b"GET ") + 1)

    await at_once(_TASKS, one)


async def _until_still(descriptor: int) -> None:
    """Return once nothing more comes: the buffers on the way are full, or all is said."""
    before = -1
    while (now := _waiting(descriptor)) != before:
        before = now
        await asyncio.sleep(0.015)


async def _one_packet(ground: Ground) -> None:
    """Pipeline requests and an upgrade, cut anywhere; whole answers must come in their order."""
    mixtures = (
        [get("/watch/x"), get("/healthz")],
        [get("/healthz")],
        [get(f"/api/sessions/{ground.show.session_id}"), get("/api/products")],
        [get("/api/products"), get("/nowhere")],
        [request("POST", "/api/products", "Content-Length: 2", body=b"{}"), get("/healthz")],
        [
            request(
                "POST",
                f"/api/sessions/{ground.show.session_id}/reservations",
                f"Authorization: Bearer {token('mallory')}",
                "Content-Length: 2",
                body=b"{}",
            )
        ],
    )
    turn = itertools.count()

    async def one(number: int) -> None:
        while ground.goes_on:
            mixture = mixtures[next(turn) % len(mixtures)]
            data = b"".join(mixture) + upgrade(ground.path) + _HELLO
            async with connected(ground) as bare:
                cuts = sorted(random.sample(range(len(data)), random.choice((0, 0, 1, 2, 3))))
                for start, end in itertools.pairwise([0, *cuts, len(data)]):
                    await send(bare, data[start:end])
                    if cuts:
                        await asyncio.sleep(0.002)
                answers = b""
                while more := await receive(bare, 0.3):
                    answers += more
                    if b"HTTP/1.1 101 " in answers:
                        break
            judge(ground, answers, len(mixture))
            await asyncio.sleep(_PAUSE_S)

    await at_once(_TASKS, one)


def judge(ground: Ground, answers: bytes, before: int) -> None:
    """Count a connection by its last status; answers interleaved or out of order are wrong."""
    statuses = []
    while answers.startswith(b"HTTP/1.1 "):
        head, found, rest = answers.partition(b"\r\n\r\n")
        if not found:
            break
        status = status_of(answers)
        statuses.append(status)
        fields = dict(
            line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
        )
        length = int(fields.get(b"content-length", b"0"))
        if status == "101":
            answers = rest
            break
        if len(rest) < length:
            ground.counts["cut short"] += 1
            return
        answers = rest[length:]
    last = statuses[-1] if statuses else "nothing"
    ground.counts[f"ended with {last}"] += 1
    if last == "101" and len(statuses) != before + 1:
        ground.told.wrong[f"101 came after {len(statuses) - 1} of {before} answers"] += 1
    elif last == "101" and answers and answers[:1] not in (b"\x81", b"\xc1", b"\x88"):
        ground.told.wrong[f"in the WebSocket's stream: {answers[:20]!r}"] += 1
    elif last != "101" and answers:
        ground.told.wrong[f"after {last}: {answers[:20]!r}"] += 1


async def _resets(ground: Ground) -> None:
    """Ask for the upgrade with answers unread, and reset the connection at any moment."""

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground, receive_buffer=4_096) as bare:
                pages = get("/liveshop.d.ts") * random.randrange(4)
                await send(bare, pages + upgrade(ground.path) + _HELLO, 1.0)
                await asyncio.sleep(random.choice((0, 0.001, 0.003, 0.01)))
            ground.counts["resets"] += 1
            await asyncio.sleep(_PAUSE_S)

    await at_once(_TASKS, one)


async def _odd_upgrades(ground: Ground) -> None:
    """Ask for upgrades that are none: with a body, twice, of other protocols, after a 401."""
    socket_path, body = ground.path, "Content-Length: 5"
    forms = (
        upgrade(socket_path, body) + b"hello",
        upgrade(socket_path, "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n",
        upgrade(socket_path) + upgrade(socket_path),
        upgrade(socket_path).replace(b"websocket", b"h2c"),
        upgrade(socket_path).replace(b"GET", b"POST"),
        upgrade(socket_path).replace(b"1.1", b"1.0"),
        upgrade("/nowhere") + get("/healthz"),
        upgrade(socket_path, "Expect: 100-continue"),
        request("CONNECT", "shop:443") + b"\x16\x03\x01",
        upgrade("/healthz"),
        upgrade(socket_path).replace(b"13", b"99"),
    )
    turn = itertools.count()

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                await send(bare, forms[next(turn) % len(forms)])
                ground.counts[f"ended with {status_of(await receive(bare, 0.2))}"] += 1
            await asyncio.sleep(_PAUSE_S)

    await at_once(_TASKS, one)


ATTACKS: Final = (
    Attack(
        "full-buffer-upgrade",
        2,
        "unread answers fill the send buffer, an upgrade, then reading",
        _full_buffers,
    ),
    Attack(
        "one-packet-upgrade",
        2,
        "requests and an upgrade in one packet, or cut anywhere",
        _one_packet,
    ),
    Attack("reset-upgrade", 2, "answers unread, an upgrade, and a reset at any moment", _resets),
    Attack("odd-upgrades", 2, "upgrades with bodies, twice, of other protocols", _odd_upgrades),
)
