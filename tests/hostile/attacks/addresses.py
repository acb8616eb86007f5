"""Addresses: many that are one's own, made up by a header, and floods of joiners, keys, tokens."""

import asyncio
import itertools
import random
import secrets
import socket
import time
from typing import Final

from liveshop.features.guests.rules import GUESTS_RATE
from loadtests.kit.frames import TEXT, client_frame
from tests.hostile.attacks.ground import (
    Attack,
    Ground,
    Herd,
    answered,
    at_once,
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
from tests.hostile.victim import NETWORK

_PROXY: Final = "127.0.0.2"
_BEHIND_PROXY: Final = {"LIVESHOP_TRUSTED_PROXIES": f"{_PROXY}/32"}
_ALLOWED: Final = 200
_FLOODERS: Final = 60
_FLOOD_PER_S: Final = 300
_FEW_JOINS: Final = {"LIVESHOP_JOINS_PER_SECOND_MAX": "100"}
_PAUSE_S: Final = 0.1  # twenty at a time: their cost is not the point
_FEW: Final = {**_BEHIND_PROXY, "LIVESHOP_CONNECTIONS_PER_ADDRESS_MAX": str(_ALLOWED)}


def _of_one_64() -> str:
    return f"{NETWORK}:bad:1:{':'.join(f'{random.getrandbits(16):x}' for _ in range(4))}"


async def _sockets_of_one_64(ground: Ground) -> None:
    """Join from two thousand addresses of one /64, through a proxy."""

    async def greet(bare: socket.socket) -> None:
        await enter(bare, ground.path, None, f"X-Forwarded-For: {_of_one_64()}")
        if await welcomed(bare):
            ground.counts["joined"] += 1

    await Herd(ground, 2_000, greet, (_PROXY,), per_second=200).hold()
    if ground.counts["joined"] > 2 * _ALLOWED:
        found = ground.counts["joined"]
        ground.told.wrong[f"{found} of a /64 joined where {_ALLOWED} may"] += 1


async def _connections_of_one_64(ground: Ground) -> None:
    """Hold HTTP connections of any number of addresses of one /64, each with an answer."""
    addresses = [f"{NETWORK}:bad:1::{number:x}" for number in range(1, 8_000)]

    async def greet(bare: socket.socket) -> None:
        ground.counts[f"answered {status_of(await answered(bare, get('/watch/x')))}"] += 1
        await send(bare, b"\r\n")

    herd = Herd(ground, ground.files(11_000), greet, addresses)
    await herd.hold()


async def _forwarded_forms(ground: Ground) -> None:
    """Come through a proxy that writes ports and brackets; another client comes through it too."""
    forms = itertools.cycle(
        (
            "203.0.113.7:{port}",
            "[2001:db8:5::7]:{port}",
            "[2001:db8:5::7]",
            '"203.0.113.7:{port}"',
            "2001:db8:5::7",
        )
    )

    async def one(number: int) -> None:
        async with connected(ground, _PROXY) as bare:
            while ground.goes_on:
                form = next(forms).format(port=random.randrange(1_024, 65_536))
                head = get("/api/products?limit=1", f"X-Forwarded-For: {form}")
                answer = await answered(bare, head)
                if not answer:
                    return
                ground.counts[f"answered {status_of(answer)}"] += 1

    async def beside(number: int) -> None:
        while ground.goes_on:
            async with connected(ground, _PROXY) as bare:
                last = random.randrange(1, 250)
                field = f"X-Forwarded-For: 198.51.100.{last}:{random.randrange(1_024, 65_536)}"
                status = status_of(await answered(bare, get("/api/products?limit=1", field)))
                ground.counts[f"another client: {status}"] += 1
                if status == "429":
                    ground.told.wrong["another client of the proxy was throttled"] += 1
            await asyncio.sleep(0.25)

    await at_once(7, lambda number: one(number) if number < 6 else beside(number))


async def _forwarded_garbage(ground: Ground) -> None:
    """Come through a proxy with entries that cannot be read."""
    entries = (
        "unknown",
        "_hidden",
        "",
        ",,,,",
        "999.1.1.1",
        "1.1.1.1:999999",
        "[::1",
        "::1]:5",
        "1.1.1.1, ', \"",
        "\xff\xfe",
        "fe80::1%eth0",
        "0x7f.1",
        "1.1.1.1;proto=https",
        "a" * 9_000,
        "for=1.1.1.1",
    )

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground, _PROXY) as bare:
                field = f"X-Forwarded-For: {random.choice(entries)}{secrets.token_hex(2)}"
                if number % 2:
                    status = status_of(await enter(bare, ground.path, None, field))
                    ground.counts[f"answered {status}"] += 1
                else:
                    answer = await answered(bare, get("/api/products?limit=1", field))
                    ground.counts[f"answered {status_of(answer)}"] += 1
                await asyncio.sleep(_PAUSE_S)

    await at_once(20, one)


async def _join_flood(ground: Ground) -> None:
    """Join from one address three times as often as the node lets anyone in, and come back."""

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                await enter(bare, ground.path, None)
                ground.counts["joined" if await welcomed(bare) else "sent away"] += 1
            await asyncio.sleep(random.uniform(0, 2 * _FLOODERS / _FLOOD_PER_S))

    await at_once(_FLOODERS, one)


async def _request_flood(ground: Ground, *, path: str, field: str) -> None:
    """Ask, at some 400 a second, with a credential that is made up each time."""
    made = itertools.count()
    started = time.monotonic()

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                for _ in range(50):
                    value = field.format(secrets.token_urlsafe(32))
                    answer = await answered(bare, get(path, value))
                    ground.counts[f"answered {status_of(answer)}"] += 1
                    ahead = next(made) / 400 - (time.monotonic() - started)
                    await asyncio.sleep(max(0.0, ahead))
                    if not answer or not ground.goes_on:
                        break

    await at_once(10, one)


async def _api_keys(ground: Ground) -> None:
    await _request_flood(ground, path="/api/payments", field="Authorization: Bearer lsk_{}")


async def _forged_tokens(ground: Ground) -> None:
    head, claims, _ = token("mallory").split(".")
    field = f"Authorization: Bearer {head}.{claims}.{{}}"
    await _request_flood(ground, path="/api/orders?session=x", field=field)


async def _forged_hellos(ground: Ground) -> None:
    head, claims, _ = token("mallory").split(".")

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                await send(bare, upgrade(ground.path))
                text = f'{{"type":"hello","token":"{head}.{claims}.{secrets.token_urlsafe(32)}"}}'
                await send(bare, client_frame(TEXT, text.encode()))
                await receive(bare, 0.5)
                ground.counts["hellos"] += 1
                await asyncio.sleep(0.05)

    await at_once(20, one)


async def _guests(ground: Ground) -> None:
    """Become a guest, at some 400 a second, from the addresses of one /64, through a proxy."""
    started, made = time.monotonic(), itertools.count()

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground, _PROXY) as bare:
                body = (
                    f'{{"session":"{ground.show.session_id}","name":"Mallory {number}"}}'.encode()
                )
                fields = (f"Content-Length: {len(body)}", f"X-Forwarded-For: {_of_one_64()}")
                post = request("POST", "/api/guests", *fields, body=body)
                status = status_of(await answered(bare, post))
                ground.counts[f"answered {status}"] += 1
                ahead = next(made) / 400 - (time.monotonic() - started)
                await asyncio.sleep(max(0.0, ahead))

    await at_once(10, one)
    per_s, burst = GUESTS_RATE
    allowed = burst + per_s * (time.monotonic() - started + 1)
    if ground.counts["answered 201"] > allowed:
        found = ground.counts["answered 201"]
        ground.told.wrong[f"{found} guests of a /64 were let in where {allowed:.0f} may"] += 1


ATTACKS: Final = (
    Attack(
        "connections-of-a-64",
        6,
        "11,000 answered connections of 8,000 addresses of one IPv6 /64",
        _connections_of_one_64,
        host="::1",
    ),
    Attack(
        "sockets-of-a-64",
        6,
        "viewers of 2,000 addresses of one IPv6 /64",
        _sockets_of_one_64,
        settings=_FEW,
    ),
    Attack(
        "forwarded-forms",
        6,
        "X-Forwarded-For with ports and brackets, above an address's rate",
        _forwarded_forms,
        settings=_BEHIND_PROXY,
    ),
    Attack(
        "forwarded-garbage",
        6,
        "X-Forwarded-For that cannot be read",
        _forwarded_garbage,
        settings=_BEHIND_PROXY,
    ),
    Attack(
        "join-flood",
        6,
        f"{_FLOOD_PER_S} joins a second of one address where 100 are let in",
        _join_flood,
        settings=_FEW_JOINS,
    ),
    Attack("api-keys", 6, "400 made-up API keys a second", _api_keys, stores_stay_quiet=True),
    Attack(
        "forged-tokens", 6, "400 forged tokens a second", _forged_tokens, stores_stay_quiet=True
    ),
    Attack(
        "guests",
        6,
        "400 requests a second to be a guest, of one IPv6 /64",
        _guests,
        settings=_BEHIND_PROXY,
    ),
    Attack("forged-hellos", 6, "hellos with forged tokens", _forged_hellos, stores_stay_quiet=True),
)
