"""A store that is away: the refusals meanwhile, the work that goes on, and that nothing is lost."""

import shutil
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import jwt
import pytest

from liveshop.cli.local_stores import LocalStores, local_stores
from liveshop.cli.subprocesses import free_port
from tests.cli.programs import is_ready, program
from tests.client import Client, Message, connected
from tests.conftest import store_folder
from tests.system.shop import SystemShop, bought, eventually, new_rid, refused, reserved
from tests.waiting import wait_until

_SECRET = "s" * 32


@dataclass(frozen=True)
class _Node:
    """A server, and the stores that can be taken from it."""

    shop: SystemShop
    stores: LocalStores


@pytest.fixture(scope="module")
def settings() -> Iterator[tuple[str, LocalStores, str]]:
    """A server on stores of its own: its address, they, and an API key."""
    with store_folder() as folder, local_stores(folder) as stores:
        environment = {
            "LIVESHOP_REDIS_URL": stores.valkey.url,
            "LIVESHOP_POSTGRES_URL": stores.postgres.url,
            "LIVESHOP_SECRET": _SECRET,
            "LIVESHOP_PORT": str(free_port()),
        }
        with program("migrate", environment=environment) as process:
            assert process.wait() == 0
        url = f"http://127.0.0.1:{environment['LIVESHOP_PORT']}"
        with program("serve", environment=environment) as process:
            wait_until(lambda: is_ready(url) or process.poll() is not None)
            assert process.poll() is None, process.communicate()[0]
            claims = {"sub": "root", "role": "admin", "exp": int(time.time()) + 60}
            headers = {"Authorization": f"Bearer {jwt.encode(claims, _SECRET, 'HS256')}"}
            key = httpx.post(f"{url}/api/keys", json={"name": "x"}, headers=headers)
            yield url, stores, key.json()["key"]


@pytest.fixture
async def node(settings: tuple[str, LocalStores, str]) -> AsyncIterator[_Node]:
    """The server, with its stores there."""
    url, stores, key = settings
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        yield _Node(SystemShop(url, _SECRET, key, http), stores)


async def _is_away(node: _Node, store: str, session_id: str, client: Client, sku: str) -> None:
    """Check what viewers, buyers and hosts are told while a store is away."""
    shop = node.shop
    await client.wait_for_type("pulse", buying=False)
    earlier = await client.ask("time", client_ms=0)
    wanted = {"rid": new_rid(), "sku": sku, "quantity": 1}
    await refused(client, "unavailable", "buy", **wanted)
    await refused(client, "unavailable", "reserve", **wanted)
    path = f"/api/sessions/{session_id}/commands"
    await shop.refuses(503, "unavailable", "POST", path, {"type": "session.pause"})
    readiness = await shop.http.get("/readyz")
    assert (readiness.status_code, readiness.json()[store]) == (503, False)
    # All nodes lose it at once: to send viewers to none would keep out who can still watch.
    for path in ("/healthz", "/joinable"):
        assert (await shop.http.get(path)).status_code == 200, path
    async with shop.joined(session_id) as anonymous:
        assert anonymous.snapshot is not None
        assert (anonymous.snapshot["status"], anonymous.snapshot["buying"]) == ("live", False)
    async with connected(shop.ws, session_id) as known:
        await known.send("hello", token=shop.token("bo"))
        assert (await known.closed()).code == 4001
        assert [message["type"] for message in known.messages] == ["moved"]
    later = await client.ask("time", client_ms=0)
    assert later["now_ms"] >= earlier["now_ms"]


async def _offer(node: _Node) -> tuple[str, str]:
    product = await node.shop.product(S=5)
    return await node.shop.session(product), product["variants"][0]["sku"]


@pytest.mark.parametrize("store", ["redis", "postgres"])
async def test_a_store_away_closes_buying_and_loses_nothing(node: _Node, store: str) -> None:
    shop = node.shop
    session_id, sku = await _offer(node)
    taken = node.stores.valkey if store == "redis" else node.stores.postgres
    async with shop.joined(session_id, "ada") as ada:
        order = await bought(ada, sku)
        held = await reserved(ada, sku)
        log = await shop.log(session_id)
        taken.stop()
        try:
            await _is_away(node, store, session_id, ada, sku)
        finally:
            taken.start()
        closed = ada.messages.index(await ada.wait_for_type("pulse", buying=False))
        await ada.wait_for_type("pulse", since=closed, buying=True)
        assert await shop.log(session_id) == log
        assert (await shop.order(order["order_id"]))["status"] == "confirmed"
        again = await ada.ask("checkout", order_id=new_rid(), rids=[held["rid"]])
        assert again["type"] == "confirmed"
        await eventually(lambda: shop.left(session_id), {sku: 3})


async def test_redis_that_has_forgotten_everything_is_told_again(node: _Node) -> None:
    shop = node.shop
    session_id, sku = await _offer(node)
    async with shop.joined(session_id, "ada") as ada:
        order = await bought(ada, sku, quantity=2)
        held = await reserved(ada, sku)
        node.stores.valkey.kill()
        shutil.rmtree(node.stores.valkey.folder / "appendonlydir")
        node.stores.valkey.start()
        # A buyer whose hold was lost is told; one whose order was confirmed keeps it.
        refusal = await ada.wait_for_type("refused", rid=held["rid"])
        assert (refusal["sku"], "ref" in refusal) == (sku, False)
        await eventually(lambda: shop.left(session_id), {sku: 3})
        since = len(ada.messages)
        fields: Message = {"rid": order["order_id"], "sku": sku, "quantity": 2}
        assert (await ada.ask("buy", **fields))["type"] == "reserved"
        assert (await ada.wait_for_type("confirmed", since=since))["at_ms"] == order["at_ms"]
        error = await refused(ada, "sold_out", "buy", rid=new_rid(), sku=sku, quantity=4)
        assert error["left"] == 3
        await bought(ada, sku, quantity=3)
