"""A node that ends between two steps: another goes on, and everybody gets one final answer."""

import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import redis

from liveshop.cli.local_stores import local_stores
from liveshop.cli.subprocesses import free_port
from liveshop.core.failpoint import Failpoint
from liveshop.stores.failpoints import EXIT_CODE
from tests.cli.programs import SECRET, is_ready, program, serving
from tests.client import Client, Message
from tests.conftest import store_folder
from tests.forked import forked
from tests.system.shop import SystemShop, bought, eventually, new_rid, refused, reserved
from tests.waiting import wait_until

HOLD_MS = 1_500
KEPT = "Every promise is kept.\n"


@dataclass(frozen=True)
class _Pair:
    """A node that lives, and the stores that it shares with those that will not."""

    shop: SystemShop
    process: subprocess.Popen[str]
    environment: dict[str, str]

    @asynccontextmanager
    async def doomed(self, failpoint: Failpoint) -> AsyncIterator[SystemShop]:
        """Run a second node that ends at a failpoint; it has to, before the block does."""
        port = free_port()
        here = {"LIVESHOP_PORT": str(port), "LIVESHOP_FAILPOINT": failpoint}
        with forked("serve", environment=self.environment | here) as process:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: is_ready(url) or process.poll() is not None)
            async with _opened(url, self.shop.api_key) as shop:
                yield shop
            wait_until(lambda: process.poll() is not None)
            output, _ = process.communicate()
            assert process.returncode == EXIT_CODE, output
            assert f"reached {failpoint}: ending" in output

    @asynccontextmanager
    async def lost_by_redis(self, session_id: str) -> AsyncIterator[None]:
        """Have Redis lose a session, and only a second node notice before the block ends."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            with redis.Redis.from_url(self.environment["LIVESHOP_REDIS_URL"]) as client:
                client.delete(*client.scan_iter(f"{{s:{session_id}}}:*"))
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def audit(self) -> str:
        """Run `liveshop audit` and return what it says."""
        with forked("audit", environment=self.environment) as process:
            return process.communicate()[0]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[str, str, subprocess.Popen[str], dict[str, str]]]:
    """The node that lives: its address, an API key, the process and what it was told."""
    with store_folder() as folder, local_stores(folder, durable=False) as stores:
        environment = serving(stores.valkey.url, stores.postgres.url, free_port())
        with program("migrate", environment=environment) as process:
            assert process.wait() == 0
        with program("serve", environment=environment) as process:
            url = f"http://127.0.0.1:{environment['LIVESHOP_PORT']}"
            wait_until(lambda: is_ready(url) or process.poll() is not None)
            token = SystemShop(url, SECRET, "", httpx.AsyncClient()).token("root", "admin")
            headers = {"Authorization": f"Bearer {token}"}
            key = httpx.post(f"{url}/api/keys", json={"name": "x"}, headers=headers)
            yield url, key.json()["key"], process, environment


@pytest.fixture
async def pair(
    running: tuple[str, str, subprocess.Popen[str], dict[str, str]],
) -> AsyncIterator[_Pair]:
    """The node that lives; after the test, every promise is kept."""
    url, key, process, environment = running
    async with _opened(url, key) as shop:
        pair = _Pair(shop, process, environment)
        yield pair
        assert pair.audit() == KEPT


@asynccontextmanager
async def _opened(url: str, api_key: str) -> AsyncIterator[SystemShop]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        yield SystemShop(url, SECRET, api_key, http)


async def _offer(shop: SystemShop, **fields: Any) -> tuple[str, str]:
    """Return a live session with five units of one SKU."""
    product = await shop.product(S=5)
    sku = product["variants"][0]["sku"]
    return await shop.session(product, **fields), sku


async def _ends_with(client: Client, kind: str, **fields: object) -> None:
    """Send a command that its node does not survive."""
    await client.send(kind, **fields)
    assert (await client.closed()).code == 1006


async def _buys_again(shop: SystemShop, session_id: str, rid: str, sku: str) -> Message:
    """Come back and ask again with the same rid; return the one final answer."""
    async with shop.joined(session_id, "ada") as ada:
        answer = await ada.ask("buy", rid=rid, sku=sku, quantity=1)
        assert (answer["type"], answer["rid"]) == ("reserved", rid)
        return await ada.wait_for_type("confirmed", order_id=rid)


async def test_a_unit_reserved_for_nobody_to_hear_is_bought_by_asking_again(pair: _Pair) -> None:
    session_id, sku = await _offer(pair.shop)
    rid = new_rid()
    async with pair.doomed(Failpoint.AFTER_RESERVE) as node, node.joined(session_id, "ada") as ada:
        await _ends_with(ada, "buy", rid=rid, sku=sku, quantity=1)
        assert ada.of_type("reserved") == []
    await _buys_again(pair.shop, session_id, rid, sku)
    await eventually(lambda: pair.shop.left(session_id), {sku: 4})


async def test_a_unit_reserved_for_nobody_to_hear_comes_back_at_its_deadline(pair: _Pair) -> None:
    session_id, sku = await _offer(pair.shop, hold_ms=HOLD_MS)
    rid = new_rid()
    async with pair.shop.joined(session_id, "ada") as ada:
        async with (
            pair.doomed(Failpoint.AFTER_RESERVE) as node,
            node.joined(session_id, "ada") as there,
        ):
            await _ends_with(there, "buy", rid=rid, sku=sku, quantity=1)
        await ada.wait_for_type("expired", rid=rid)
        await eventually(lambda: pair.shop.left(session_id), {sku: 5})
        since = len(ada.messages)
        assert (await ada.ask("buy", rid=rid, sku=sku, quantity=1))["type"] == "reserved"
        await ada.wait_for_type("expired", since=since, rid=rid)
        assert ada.of_type("confirmed") == []


async def test_an_order_committed_and_told_to_nobody_is_found_by_its_buyer(pair: _Pair) -> None:
    session_id, sku = await _offer(pair.shop)
    rid = new_rid()
    async with pair.doomed(Failpoint.AFTER_COMMIT) as node, node.joined(session_id, "ada") as ada:
        await _ends_with(ada, "buy", rid=rid, sku=sku, quantity=1)
        assert ada.of_type("confirmed") == []
    order = await pair.shop.order(rid)
    assert order["status"] == "confirmed"
    async with pair.shop.joined(session_id, "ada") as ada:
        [known] = ada.messages[0]["orders"]
        assert (known["order_id"], known["status"]) == (rid, "confirmed")
    again = await _buys_again(pair.shop, session_id, rid, sku)
    assert again["at_ms"] == order["at_ms"]
    await eventually(lambda: pair.shop.left(session_id), {sku: 4})


async def test_an_order_committed_and_not_settled_is_settled_at_its_deadline(pair: _Pair) -> None:
    session_id, sku = await _offer(pair.shop, hold_ms=HOLD_MS)
    rid = new_rid()
    async with pair.shop.joined(session_id, "ada") as ada:
        async with (
            pair.doomed(Failpoint.BEFORE_SETTLE) as node,
            node.joined(session_id, "ada") as there,
        ):
            await _ends_with(there, "buy", rid=rid, sku=sku, quantity=1)
        await ada.wait_for_type("confirmed", order_id=rid)
    await eventually(lambda: pair.shop.left(session_id), {sku: 4})


async def test_a_cancellation_that_redis_was_not_told_of_gives_everything_back(
    pair: _Pair,
) -> None:
    product = await pair.shop.product(S=5)
    sku = product["variants"][0]["sku"]
    session_id = await pair.shop.session(start=False)
    await pair.shop.add(session_id, product, limit=1)
    await pair.shop.host(session_id, "session.start")
    async with pair.shop.joined(session_id, "ada") as ada:
        order = await bought(ada, sku)
        await refused(ada, "limit", "buy", rid=new_rid(), sku=sku, quantity=1)
        async with pair.doomed(Failpoint.BEFORE_SETTLE) as node:
            with pytest.raises(httpx.TransportError):
                await node.ask("POST", f"/api/orders/{order['order_id']}/cancel")
        assert (await pair.shop.order(order["order_id"]))["status"] == "cancelled"
        await eventually(lambda: pair.shop.left(session_id), {sku: 5})
        # The node that lives notices by the pulse that the other is gone.
        assert pair.audit() == KEPT
        await bought(ada, sku)


async def test_an_event_appended_and_published_nowhere_reaches_every_viewer(pair: _Pair) -> None:
    session_id, sku = await _offer(pair.shop)
    async with pair.shop.joined(session_id, "ada") as ada:
        async with pair.doomed(Failpoint.AFTER_APPEND) as node:
            path = f"/api/sessions/{session_id}/commands"
            with pytest.raises(httpx.TransportError):
                await node.ask("POST", path, {"type": "session.pause"})
        await ada.wait_for_type("session.paused")
        error = await ada.ask("buy", rid=new_rid(), sku=sku, quantity=1)
        assert (error["type"], error["code"]) == ("error", "not_live")


async def test_money_stored_and_not_applied_confirms_its_order_when_reported_again(
    pair: _Pair,
) -> None:
    fields = {"payment": "checkout", "checkout_url": "https://pay.example/{order_id}"}
    session_id, sku = await _offer(pair.shop, **fields)
    rid = new_rid()
    async with pair.shop.joined(session_id, "ada") as ada:
        await ada.ask("buy", rid=rid, sku=sku, quantity=1)
        await ada.wait_for_type("checkout", order_id=rid)
        paid = {"payment_id": new_rid(), "amount": 5_000}
        path = f"/api/orders/{rid}/confirm"
        async with pair.doomed(Failpoint.AFTER_PAYMENT) as node:
            with pytest.raises(httpx.TransportError):
                await node.ask("POST", path, paid)
        assert (await pair.shop.order(rid))["status"] == "pending"
        assert (await pair.shop.post(path, paid, status=200))["status"] == "confirmed"
        await ada.wait_for_type("confirmed", order_id=rid)


@pytest.mark.parametrize("place", [Failpoint.MID_REBUILD, Failpoint.AFTER_LOAD])
async def test_a_rebuild_that_its_node_does_not_survive_is_made_by_another(
    pair: _Pair, place: Failpoint
) -> None:
    session_id, sku = await _offer(pair.shop)
    async with pair.shop.joined(session_id, "ada") as ada:
        order = await bought(ada, sku)
        held = await reserved(ada, sku)
        async with pair.shop.joined(session_id, "bo") as bo:
            await bought(bo, sku)
        async with pair.doomed(place) as node:
            async with node.joined(session_id) as viewer, pair.lost_by_redis(session_id):
                assert (await viewer.closed()).code == 1006
        # A buyer whose hold was lost is told; one whose order was confirmed keeps it.
        await ada.wait_for_type("refused", rid=held["rid"])
        await eventually(lambda: pair.shop.left(session_id), {sku: 3})
        assert (await pair.shop.order(order["order_id"]))["status"] == "confirmed"
        await bought(ada, sku)
