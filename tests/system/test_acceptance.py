"""A live session sold end to end, by a client that knows nothing but the document."""

import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import demo, info, interrupt
from tests.client import Client, Message
from tests.system.conftest import audit
from tests.system.shop import SystemShop, bought, eventually, named, new_rid, refused, reserved
from tests.waiting import wait_until

_LASTING = ("session_id", "host_token", "admin_token", "viewer_tokens", "secret", "api_key")
_BUYERS = 200
_UNITS = 20


def _descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return children + [each for child in children for each in _descendants(child)]


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@asynccontextmanager
async def _shop(folder: Path) -> AsyncIterator[tuple[SystemShop, dict[str, Any]]]:
    told = info(folder)
    async with httpx.AsyncClient(base_url=told["url"], trust_env=False, timeout=30) as http:
        yield SystemShop(told["url"], told["secret"], told["api_key"], http), told


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the demo keeps its data."""
    yield tmp_path / "data"


async def _watch_and_buy(shop: SystemShop, told: dict[str, Any]) -> list[Message]:
    """Pin, sell at a discount, buy; return the orders' `confirmed`."""
    session_id = told["session_id"]
    async with (
        shop.joined(session_id) as watcher,
        shop.joined(session_id, "hana", "host") as host,
        shop.joined(session_id, "ada") as buyer,
    ):
        assert watcher.snapshot is not None
        offer = watcher.snapshot["shelf"][0]
        name, variant = offer["product_id"], offer["variants"][0]
        pinned = await host.ask("product.pin", product_id=name)
        sale = await host.ask("sale.start", product_id=name, percent=25, duration_ms=60_000)
        event = await watcher.wait_for_type("sale.started")
        assert [each["type"] for each in watcher.events] == ["product.pinned", "sale.started"]
        assert [each["offset"] for each in watcher.events] == [pinned["offset"], sale["offset"]]
        assert sale["offset"] == pinned["offset"] + 1 == watcher.snapshot["offset"] + 2
        price = event["prices"][variant["sku"]]
        assert price == variant["price"] * 3 // 4
        first = await bought(buyer, variant["sku"], quantity=2, price=price)
        assert first["total"] == 2 * price
        order = await shop.get(f"/api/orders/{first['order_id']}", by=shop.token("ada"))
        assert (order["status"], order["total"]) == ("confirmed", 2 * price)
        cart = await reserved(buyer, variant["sku"])
        second = await buyer.ask("checkout", order_id=new_rid(), rids=[cart["rid"]])
        assert second["type"] == "confirmed"
    return [first, second]


async def _insist(client: Client, **fields: Any) -> Message:
    """Buy, and ask again with the same rid while the answer is `busy`, as the protocol says."""
    while True:
        answer = await client.ask("buy", **fields)
        if answer.get("code") != "busy":
            return answer
        await anyio.sleep(answer["retry_after_ms"] / 1_000 * random.uniform(1, 2))


async def _rush(shop: SystemShop, session_id: str, sku: str) -> dict[str, str]:
    """Let 200 buyers want the last 20 units at the same time; return rid → buyer of the lucky."""
    outcomes: Counter[str] = Counter()
    lucky: dict[str, str] = {}
    ready = 0
    go = anyio.Event()

    async def buy(buyer: str) -> None:
        nonlocal ready
        async with shop.joined(session_id, buyer) as client:
            ready += 1
            if ready == _BUYERS:
                go.set()
            await go.wait()
            rid = new_rid()
            fields = {"rid": rid, "sku": sku, "quantity": 1}
            answer = await _insist(client, **fields)
            if answer["type"] == "reserved":
                answer = await client.wait_for_type("confirmed", order_id=rid)
                lucky[rid] = buyer
                again = await _insist(client, **fields)
                assert again["type"] == "reserved"
                since = client.messages.index(again)
                assert await client.wait_for_type("confirmed", since=since) == answer
            else:
                assert answer["left"] == 0
            outcomes[str(answer.get("code", answer["type"]))] += 1

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            for _ in range(_BUYERS):
                tasks.start_soon(buy, named("buyer"))
    assert outcomes == {"confirmed": _UNITS, "sold_out": _BUYERS - _UNITS}
    return lucky


@dataclass(frozen=True)
class _Sold:
    """The known facts of a session when everything dies."""

    sku: str
    log: list[Message]
    orders: list[Message]
    left: dict[str, int]
    lucky: dict[str, str]
    held: Message


async def _sell(shop: SystemShop, told: dict[str, Any]) -> _Sold:
    session_id = told["session_id"]
    for token in told["viewer_tokens"]:
        assert (await shop.ask("GET", "/api/orders", by=token)).status_code == 200
    confirmed = await _watch_and_buy(shop, told)
    product = await shop.product(S=_UNITS + 5)
    name, sku = product["product_id"], product["variants"][0]["sku"]
    await shop.host(session_id, "product.add", product_id=name, units={sku: _UNITS})
    lucky = await _rush(shop, session_id, sku)
    await eventually(lambda: _last_event(shop, session_id), "product.sold_out")
    spare = (await shop.snapshot(session_id))["shelf"][1]["variants"][0]["sku"]
    async with shop.joined(session_id, "ada") as client:
        held = await reserved(client, spare)
    log = await shop.log(session_id)
    orders = (await shop.get("/api/orders", session=session_id, limit=200))["orders"]
    ids = {order["order_id"] for order in orders}
    assert ids == {*lucky, *(each["order_id"] for each in confirmed)}
    left = _given(log)
    left[spare] -= 1
    for line in (line for order in orders for line in order["lines"]):
        left[line["sku"]] -= line["quantity"]
    return _Sold(sku, log, orders, dict(left), lucky, held)


async def _is_as_it_was(shop: SystemShop, session_id: str, sold: _Sold) -> None:
    seen = await shop.snapshot(session_id)
    assert (seen["status"], seen["buying"]) == ("live", True)
    assert await shop.log(session_id) == sold.log
    again = await shop.get("/api/orders", session=session_id, limit=200)
    assert again["orders"] == sold.orders
    await eventually(lambda: shop.left(session_id), sold.left)
    rid, buyer = next(iter(sold.lucky.items()))
    async with shop.joined(session_id, buyer) as client:
        (order,) = client.messages[0]["orders"]
        assert (order["order_id"], order["status"]) == (rid, "confirmed")
        fields = {"rid": rid, "sku": sold.sku, "quantity": 1}
        assert (await client.ask("buy", **fields))["type"] == "reserved"
        assert (await client.wait_for_type("confirmed"))["order_id"] == rid
        error = await refused(client, "sold_out", "buy", **{**fields, "rid": new_rid()})
        assert error["left"] == 0
    async with shop.joined(session_id, "ada") as client:
        assert client.messages[0]["reservations"][0]["rid"] == sold.held["rid"]
        order = await client.ask("checkout", order_id=new_rid(), rids=[sold.held["rid"]])
        assert order["type"] == "confirmed"


async def test_a_live_session_is_sold_end_to_end_and_survives_kill_9(folder: Path) -> None:
    port = free_port()
    with demo(folder, port, "--no-crowd") as process:
        async with _shop(folder) as (shop, before):
            sold = await _sell(shop, before)
        pids = [process.pid, *_descendants(process.pid)]
        for pid in pids:
            # PostgreSQL ends a process of its own now and then, and all once the first is killed.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        wait_until(lambda: not any(map(_alive, pids)))
    (folder / "demo.json").unlink()
    with demo(folder, port, "--no-crowd") as process:
        async with _shop(folder) as (shop, after):
            assert {name: after[name] for name in _LASTING} == {n: before[n] for n in _LASTING}
            await _is_as_it_was(shop, before["session_id"], sold)
        assert audit(after)[0] == 0
        pids = [process.pid, *_descendants(process.pid)]
        assert len(pids) > 3
        assert interrupt(process) == 0
        assert [pid for pid in pids if _alive(pid)] == []


async def _last_event(shop: SystemShop, session_id: str) -> Any:
    return (await shop.log(session_id))[-1]["type"]


def _given(log: list[Message]) -> Counter[str]:
    """Return how many units each SKU was given."""
    return Counter(
        {
            variant["sku"]: variant["left"]
            for event in log
            if event["type"] == "product.added"
            for variant in event["product"]["variants"]
        }
    )


def test_the_first_moment_of_the_demo_is_like_all_others(folder: Path) -> None:
    with demo(folder, free_port(), "--no-crowd"):
        told = info(folder)
        headers = {"Authorization": f"Bearer {told['viewer_tokens'][0]}"}
        listed = httpx.get(f"{told['url']}/api/sessions").json()["sessions"]
        path = f"{told['url']}/api/sessions/{told['session_id']}"
        session = httpx.get(path).json()
        wanted = {
            "rid": new_rid(),
            "sku": session["shelf"][0]["variants"][0]["sku"],
            "quantity": 1,
        }
        bought_at_once = httpx.post(f"{path}/reservations", json=wanted, headers=headers)
        assert bought_at_once.status_code == 201
        assert listed[0]["id"] == told["session_id"]
        assert (listed[0]["status"], listed[0]["buying"]) == ("live", True)
        assert "live" not in [each["status"] for each in listed[1:]]
        assert session["buying"] is True
