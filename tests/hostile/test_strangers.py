"""Strangers who never say anything, never read, come ten thousand times, or under a false name."""

import asyncio
import resource
import socket
from functools import partial
from typing import Any

import anyio
import asyncpg
import pytest
import redis

from liveshop.cli.open_files import allow_open_files
from tests.client import connected
from tests.edge.raw_viewer import HEAD, TEXT, RawViewer, frame, raw_viewer
from tests.hostile.conftest import CONNECTIONS_MAX, HostileNode
from tests.system.shop import SystemShop, bought, eventually, named, new_rid, refused

_CROWD = 10_000
_HELLO = frame(TEXT, b'{"type": "hello"}')
# A socket of ours and one of the node's each; a machine may allow fewer.
_FILES_BESIDE = 1_000


async def test_who_is_slow_is_given_ten_seconds_and_costs_nobody_a_unit(
    shop: SystemShop, node: HostileNode
) -> None:
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    before = node.connections
    head = HEAD.format(path=f"/ws/sessions/{session_id}", more="")
    post = "POST /api/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    starts = [head[:-2], "GET / HT", "", post, head]
    async with anyio.create_task_group() as tasks:
        for start in starts * 20:
            tasks.start_soon(_dawdle, node.address, start.encode())
        async with shop.joined(session_id, named("honest")) as buyer:
            await bought(buyer, product["variants"][0]["sku"])
        # The group ends when the node has hung up on every one of them.
    await eventually(partial(_connections_at_most, node, before), True)


async def _dawdle(address: tuple[str, int], start: bytes) -> None:
    """Say the start of something, and wait for the node to hang up."""
    async with await anyio.connect_tcp(*address) as stream:
        with anyio.fail_after(20):
            try:
                await stream.send(start)
                while await stream.receive():
                    pass
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass


async def _connections_at_most(node: HostileNode, count: int) -> bool:
    return node.connections <= count


async def _unread_bytes(node: HostileNode) -> int:
    return node.unread_bytes


async def test_who_does_not_read_is_closed_with_4002_and_the_others_miss_nothing(
    shop: SystemShop, node: HostileNode
) -> None:
    labels = {f"{number}-{'x' * 40}": 1 for number in range(60)}
    product = await shop.product(**labels)
    skus = [variant["sku"][:64] for variant in product["variants"]]
    session_id = await shop.session(product)
    prices = iter(range(1, 1_000_000))
    before, memory_kib = node.closes(4002), node.resident_kib
    async with (
        shop.joined(session_id) as reader,
        raw_viewer(node.address, receive_buffer=4_096) as deaf,
    ):
        await deaf.shake_hands(f"/ws/sessions/{session_id}")
        await deaf.say({"type": "hello", "token": None})
        with anyio.fail_after(30):
            while node.closes(4002) == before:
                changed = dict.fromkeys(skus, next(prices))
                events = await shop.host(
                    session_id,
                    "product.reprice",
                    product_id=product["product_id"],
                    prices=changed,
                )
        await reader.wait_for(lambda message: message.get("offset") == events[-1]["offset"])
        # A viewer who starts to read at the last moment is told why.
        assert await _last_code(deaf) == 4002
    assert node.resident_kib < memory_kib + 32_768


async def _last_code(viewer: RawViewer) -> int:
    while True:
        first, size = await viewer.receive_exactly(2)
        if size >= 126:
            size = int.from_bytes(await viewer.receive_exactly(2 if size == 126 else 8), "big")
        payload = await viewer.receive_exactly(size)
        if first == 0x88:
            return int.from_bytes(payload[:2], "big")


async def test_ten_thousand_connections_of_one_address_are_so_many_as_it_may_have(
    shop: SystemShop, strict: HostileNode
) -> None:
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    allow_open_files(_CROWD + _FILES_BESIDE)
    crowd = min(_CROWD, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _FILES_BESIDE)
    request = HEAD.format(path=f"/ws/sessions/{session_id}", more="").encode()
    answers: dict[str, int] = {}
    kept: list[socket.socket] = []
    memory_kib = strict.resident_kib
    try:
        async with connected(strict.url.replace("http", "ws"), session_id, origin=None) as honest:
            await honest.hello(shop.token(named("honest")))
            places = asyncio.Semaphore(200)
            async with anyio.create_task_group() as tasks:
                for number in range(crowd):
                    # 127.0.0.2 is one address as much as 127.0.0.1, and another one.
                    tasks.start_soon(_come, strict, request, places, answers, kept)
                    if number == crowd // 2:
                        await bought(honest, product["variants"][0]["sku"])
        assert sum(answers.values()) == crowd
        assert answers["let in"] == CONNECTIONS_MAX, answers
        # A socket that says nothing for a second makes room for the next of its address.
        assert set(answers) <= {"let in", "4504", "503", "hung up"}, answers
        assert strict.resident_kib < memory_kib + 65_536
    finally:
        for each in kept:
            each.close()


async def _come(
    node: HostileNode,
    request: bytes,
    places: asyncio.Semaphore,
    answers: dict[str, int],
    kept: list[socket.socket],
) -> None:
    """Ask to watch from 127.0.0.2, and count what comes of it; those who are let in stay."""
    loop = asyncio.get_running_loop()
    async with places:
        bare = socket.socket()
        bare.setblocking(False)
        bare.bind(("127.0.0.2", 0))
        await loop.sock_connect(bare, node.address)
        what = await _asked(bare, request)
    answers[what] = answers.get(what, 0) + 1
    if what == "let in":
        kept.append(bare)
    else:
        bare.close()


async def _asked(bare: socket.socket, request: bytes) -> str:
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(bare, request)
        answer = b""
        with anyio.fail_after(30):
            while b"\r\n\r\n" not in answer:
                got = await loop.sock_recv(bare, 4_096)
                if not got:
                    return "hung up"
                answer += got
            head, _, rest = answer.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 101 "):
                return head[9:12].decode()
            # One who may not stay is told before it is heard, one who may is welcomed.
            await loop.sock_sendall(bare, _HELLO)
            while len(rest) < 4:
                got = await loop.sock_recv(bare, 4_096)
                if not got:
                    return "hung up"
                rest += got
        return str(int.from_bytes(rest[2:4], "big")) if rest[:1] == b"\x88" else "let in"
    except ConnectionError:
        return "reset"


async def test_more_connections_than_an_address_may_have_are_busy_over_http(
    strict: HostileNode,
) -> None:
    async with anyio.create_task_group() as tasks:
        held: list[Any] = [
            await anyio.connect_tcp(*strict.address, local_host="127.0.0.3")
            for _ in range(CONNECTIONS_MAX)
        ]
        async with await anyio.connect_tcp(*strict.address, local_host="127.0.0.3") as late:
            answer = b""
            with anyio.fail_after(10):
                while b'"busy"' not in answer:
                    answer += await late.receive()
            assert answer.startswith(b"HTTP/1.1 503 ")
        for each in held:
            tasks.start_soon(each.aclose)


async def test_who_asks_for_too_much_before_the_welcome_is_told_after_it_that_we_are_busy(
    shop: SystemShop, strict: HostileNode
) -> None:
    session_id = await shop.session()
    async with (
        asyncpg.create_pool(strict.postgres_url, min_size=1, max_size=1) as pool,
        connected(strict.url.replace("http", "ws"), session_id) as host,
    ):
        async with pool.acquire() as postgres, postgres.transaction():
            # The other node has to ask for the session, and waits as long as we like.
            await postgres.execute("LOCK TABLE session IN ACCESS EXCLUSIVE MODE")
            await host.send("hello", ref=0, token=shop.token(named("hana"), "host"))
            for ref in range(1, 81):
                await host.send("time", ref=ref, client_ms=0)
            await eventually(partial(_unread_bytes, strict), 0)
        # Nothing is answered before the welcome, and all that was asked is answered after it.
        await host.wait_for(lambda message: message.get("ref") == 40)
        await host.wait_for(lambda message: message.get("ref") == 80)
        assert [message["type"] for message in host.messages[:2]] == ["welcome", "session"]
        assert sorted(message["ref"] for message in host.of_type("time")) == list(range(1, 41))
        refused = host.of_type("error")
        assert sorted(message["ref"] for message in refused) == list(range(41, 81))
        assert {message["code"] for message in refused} == {"busy"}
        assert (await host.ask("time", client_ms=0))["type"] == "time"


async def test_what_redis_holds_of_another_kind_is_internal_until_it_is_mended(
    shop: SystemShop, node: HostileNode
) -> None:
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    sku = product["variants"][0]["sku"]
    key = f"{{s:{session_id}}}:held"
    with redis.Redis.from_url(node.redis_url) as store:
        async with shop.joined(session_id, named("ada")) as buyer:
            store.set(key, "somebody's own")
            wanted = {"rid": new_rid(), "sku": sku, "quantity": 1}
            await refused(buyer, "internal", "reserve", **wanted)
            response = await shop.reserve(
                session_id, viewer_id="bo", **{**wanted, "rid": new_rid()}
            )
            assert (response.status_code, response.json()["code"]) == (500, "internal")
            store.delete(key)
            await bought(buyer, sku)
            await eventually(lambda: shop.left(session_id), {sku: 4})


_FORGED = [
    *("%2e%2e%2fhealthz", "%00", "a%0d%0aX-Injected:%201", "%f0%9f%92%a9" * 60),
    *("s1%7d:cfg", "%7bs:x%7d", "*", "'%20OR%20'1'='1", "x'%3B%20DROP%20TABLE%20session%3B--"),
    *("x" * 64, "x" * 65, "%ff%fe", "%E2%80%AEevil", "null", "-1", "1e9", "__proto__", "%1f"),
]


@pytest.mark.parametrize("forged", _FORGED)
async def test_a_session_that_was_made_up_is_nowhere_to_be_found(
    shop: SystemShop, node: HostileNode, forged: str
) -> None:
    session_id = await shop.session(start=False)
    with redis.Redis.from_url(node.redis_url) as store:
        keys = {key for key in store.keys("*") if forged.encode() in key}
        async with raw_viewer(node.address) as mallory:
            head = await mallory.shake_hands(f"/ws/sessions/{forged}")
            assert "X-Injected" not in head
            if head.startswith("HTTP/1.1 101 "):
                assert await mallory.close_code() == 4505
            else:
                assert head.split(" ")[1] in ("400", "404"), head
        for method, path in (
            ("GET", ""),
            ("GET", "/events"),
            ("POST", "/commands"),
            ("POST", "/reservations"),
        ):
            body = {"type": "session.end"} if path == "/commands" else {}
            response = await shop.ask(method, f"/api/sessions/{forged}{path}", body or None)
            assert response.status_code in (400, 404, 405), response.text
            assert "x-injected" not in response.headers
        assert {key for key in store.keys("*") if forged.encode() in key} == keys
    assert (await shop.ask("GET", f"/api/sessions/{session_id}")).status_code == 200
