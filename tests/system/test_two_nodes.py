"""Two nodes on the same stores are one shop."""

import signal
from typing import Any

import pytest

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import is_ready, program
from tests.client import connected, joined
from tests.system.conftest import FRIEND
from tests.system.shop import SystemShop, bought, eventually, named, new_rid, refused, reserved
from tests.waiting import wait_until


async def test_events_come_once_and_in_order_on_both(shop: SystemShop, other: SystemShop) -> None:
    product = await shop.product(S=5)
    name = product["product_id"]
    session_id = await shop.session(product)
    async with shop.joined(session_id) as here, other.joined(session_id) as there:
        for _ in range(3):
            await shop.host(session_id, "product.pin", product_id=name)
            await other.host(session_id, "product.unpin", product_id=name)
        await other.host(session_id, "session.end")
        for client in (here, there):
            await client.wait_for_type("session.ended")
            assert [e["offset"] for e in client.events] == [3, 4, 5, 6, 7, 8, 9]
        assert here.events == there.events == (await other.log(session_id))[2:]


async def test_the_last_unit_goes_to_one_whichever_node_is_asked(
    shop: SystemShop, other: SystemShop
) -> None:
    product = await shop.product(S=1)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    async with shop.joined(session_id, "ada") as here, other.joined(session_id, "bo") as there:
        first, second = new_rid(), new_rid()
        await here.send("buy", ref=50, rid=first, sku=sku, quantity=1)
        await there.send("buy", ref=50, rid=second, sku=sku, quantity=1)
        answers = [await client.wait_for(lambda m: m.get("ref") == 50) for client in (here, there)]
        assert sorted(answer["type"] for answer in answers) == ["error", "reserved"]
        (error,) = [answer for answer in answers if answer["type"] == "error"]
        assert (error["code"], error["left"]) == ("sold_out", 0)
        for client in (here, there):
            await client.wait_for_type("product.sold_out")
        events = [event["type"] for event in await shop.log(session_id)]
        assert events.count("product.sold_out") == 1


async def test_a_buyer_is_told_on_every_node(shop: SystemShop, other: SystemShop) -> None:
    product = await shop.product(S=9)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    async with (
        shop.joined(session_id, "ada") as here,
        other.joined(session_id, "ada") as there,
        other.joined(session_id, "hana", "host") as host,
    ):
        await there.wait_for_type("pulse", viewers=3)
        held = await reserved(here, sku)
        del held["ref"]
        assert await there.wait_for_type("reserved") == held
        # A reservation of one node is released by the other.
        released = await there.ask("release", rid=held["rid"])
        del released["ref"]
        assert await here.wait_for_type("released") == released
        confirmed = await bought(here, sku)
        assert await there.wait_for_type("confirmed") == confirmed
        assert (await host.wait_for_type("order"))["order_id"] == confirmed["order_id"]
        wanted = {"rid": confirmed["order_id"], "sku": sku}
        await refused(there, "conflict", "buy", **wanted, quantity=2)
        since = len(there.messages)
        assert (await there.ask("buy", **wanted, quantity=1))["type"] == "reserved"
        assert await there.wait_for_type("confirmed", since=since) == confirmed


@pytest.mark.feature("chat", "likes")
async def test_chat_likes_and_viewers_are_of_both(shop: SystemShop, other: SystemShop) -> None:
    session_id = await shop.session()
    troll = named("troll")
    async with (
        shop.joined(session_id, "ada") as ada,
        other.joined(session_id, troll) as bo,
        shop.joined(session_id, "mo", "moderator") as mo,
    ):
        await ada.wait_for_type("pulse", viewers=3)
        said = await ada.ask("say", text="from here")
        heard = await bo.wait_for_type("chat")
        assert heard["messages"][0]["id"] == said["id"]
        await bo.send("like", count=4)
        await ada.send("like", count=5)
        for client in (ada, bo):
            await client.wait_for_type("pulse", likes=9)
        await mo.ask("viewer.mute", viewer_id=troll)
        await bo.ask("say", text="not heard")
        await mo.ask("viewer.unmute", viewer_id=troll)
        said = await bo.ask("say", text="heard")
        heard = await ada.wait_for(
            lambda m: m["type"] == "chat" and said["id"] in [each["id"] for each in m["messages"]]
        )
        texts = [m["text"] for chat in ada.of_type("chat") for m in chat["messages"]]
        assert texts == ["from here", "heard"]


async def test_a_friends_origin_may_connect_where_it_is_set(
    shop: SystemShop, other: SystemShop
) -> None:
    session_id = await shop.session()
    async with connected(other.ws, session_id, origin=FRIEND) as client:
        await client.hello()
    for server, origin in ((shop, FRIEND), (other, FRIEND + ":444")):
        async with connected(server.ws, session_id, origin=origin) as client:
            assert (await client.closed()).code == 4506


async def test_a_trusted_proxy_tells_the_servers_own_name(
    shop: SystemShop, other: SystemShop
) -> None:
    session_id = await shop.session()
    headers = {"X-Forwarded-Host": "live.example", "X-Forwarded-For": "203.0.113.5"}
    for server, code in ((other, None), (shop, 4506)):
        origin = "https://live.example"
        async with connected(server.ws, session_id, origin=origin, headers=headers) as client:
            if code is None:
                await client.hello()
            else:
                assert (await client.closed()).code == code


@pytest.fixture
def third(running: dict[str, Any]) -> dict[str, str]:
    """The settings of a node that takes three connections, and two an address."""
    return {
        "LIVESHOP_REDIS_URL": running["redis_url"],
        "LIVESHOP_POSTGRES_URL": running["postgres_url"],
        "LIVESHOP_SECRET": running["secret"],
        "LIVESHOP_PORT": str(free_port()),
        "LIVESHOP_CONNECTIONS_MAX": "3",
        "LIVESHOP_CONNECTIONS_PER_ADDRESS_MAX": "2",
        "LIVESHOP_TRUSTED_PROXIES": "127.0.0.1",
    }


async def test_a_full_node_and_one_that_ends_send_viewers_elsewhere(
    shop: SystemShop, third: dict[str, str]
) -> None:
    product = await shop.product(S=3)
    sku = product["variants"][0]["sku"]
    session_id = await shop.session(product)
    url = f"http://127.0.0.1:{third['LIVESHOP_PORT']}"
    ws = url.replace("http", "ws", 1)
    with program("serve", environment=third) as process:
        wait_until(lambda: is_ready(url) or process.poll() is not None)
        async with (
            joined(ws, session_id, shop.token("ada")) as ada,
            joined(ws, session_id) as bo,
        ):
            async with connected(ws, session_id) as neighbour:
                assert (await neighbour.closed()).code == 4504
            other_address = {"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}
            async with connected(ws, session_id, headers=other_address) as cy:
                await cy.hello()
                async with connected(ws, session_id, headers=other_address) as late:
                    assert (await late.closed()).code == 4001
                    (moved,) = late.messages
                    assert moved["type"] == "moved"
            held = await reserved(ada, sku)
            process.send_signal(signal.SIGTERM)
            for client in (ada, bo):
                assert (await client.closed()).code == 4001
                (moved,) = [each for each in client.messages if each["type"] == "moved"]
                assert list(moved) == ["type", "retry_after_ms", "turn"]
                assert moved["retry_after_ms"] > 0
        assert process.wait() == 0
    # A hold that was made there goes on here.
    async with shop.joined(session_id, "ada") as ada:
        order = await ada.ask("checkout", order_id=new_rid(), rids=[held["rid"]])
        assert order["type"] == "confirmed"
        await eventually(lambda: shop.left(session_id), {sku: 2})
