"""One show on nodes of two releases, scene by scene: what one does, the other has to see."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tests.client import Client, Message
from tests.system.shop import SystemShop, bought, eventually, named, new_rid, refused, reserved
from tests.upgrade.nodes import ReleaseNode, TwoReleases, alike
from tests.waiting import until

PRICE: Final = 5_000
_BEGINS_MS: Final = 1_790_000_000_000
_NOTED: Final = ("id", "at_ms", "text")


@dataclass(frozen=True, kw_only=True)
class MixedShow:
    """A show that was planned at the node `here`, and is watched at both."""

    both: TwoReleases
    here: ReleaseNode
    there: ReleaseNode
    session_id: str
    product: Message

    def sku(self, label: str) -> str:
        """The SKU of a variant of the product."""
        return f"{self.product['product_id']}-{label}"

    async def left(self, **units: int) -> None:
        """Wait until both nodes say how many units of variants are left."""
        wanted = {self.sku(label): count for label, count in units.items()}
        for node in self.both.nodes:

            async def told(shop: SystemShop = node.shop) -> dict[str, int]:
                left = await shop.left(self.session_id)
                return {sku: left[sku] for sku in wanted}

            await eventually(told, wanted)

    @asynccontextmanager
    async def joined(self, *, as_role: str = "viewer") -> AsyncIterator[tuple[Client, Client]]:
        """Join by both nodes, the node `here` first, as two people of one role."""
        async with (
            self.here.shop.joined(self.session_id, named("here"), as_role) as first,
            self.there.shop.joined(self.session_id, named("there"), as_role) as second,
        ):
            yield first, second


async def plan(both: TwoReleases, here: ReleaseNode, there: ReleaseNode) -> MixedShow:
    """Make a product and plan a show at one node; the other has both, and opens the show last."""
    product = await here.shop.product(price=PRICE, S=40, M=5, L=9)
    name = product["product_id"]
    assert alike(product, await there.shop.get(f"/api/products/{name}"))
    session_id = await here.shop.session(start=False, starts_at_ms=_BEGINS_MS)
    show = MixedShow(both=both, here=here, there=there, session_id=session_id, product=product)
    async with show.joined() as watching:
        units = {show.sku("S"): 30, show.sku("M"): 3, show.sku("L"): 9}
        await there.shop.add(session_id, product, units=units, limit=5)
        for client in watching:
            await client.wait_for_type("product.added")
        assert alike(watching[0].events, watching[1].events)
    await show.left(S=30, M=3, L=9)
    return show


async def go_live(show: MixedShow) -> None:
    """Start, pin and reorder by both nodes: both audiences get the same events in one order."""
    here, there, name = show.here.shop, show.there.shop, show.product["product_id"]
    async with show.joined() as watching, show.joined(as_role="host") as hosts:
        await here.host(show.session_id, "session.start")
        for host in hosts:
            assert (await host.ask("product.pin", product_id=name))["type"] == "ok"
            assert (await host.ask("product.unpin", product_id=name))["type"] == "ok"
        await there.host(show.session_id, "product.pin", product_id=name)
        prices = {show.sku("L"): PRICE - 500}
        await here.host(show.session_id, "product.reprice", product_id=name, prices=prices)
        for client in (*watching, *hosts):
            await client.wait_for_type("product.repriced", prices=prices)
        assert alike(watching[0].events, watching[1].events)
        assert len(watching[0].events) == 7


async def rename(show: MixedShow) -> None:
    """Change the title by each node that knows how: viewers of both are told, and both list it."""
    for by, _ in show.both.ways:
        if not by.knows("UpdateSession"):
            continue
        async with show.joined() as watching:
            for title in (named("Drop"), "Autumn drop"):
                await by.shop.host(show.session_id, "session.update", title=title)
                for client in watching:
                    await client.wait_for_type("session.updated", title=title)
                assert (await by.shop.snapshot(show.session_id))["title"] == title
    await _says_the_same(show)


async def sell(show: MixedShow) -> None:
    """Have a sale from each node; its units go once, whichever node sells them."""
    name, sku = show.product["product_id"], show.sku("S")
    for seller, ender in (
        (show.here.shop, show.there.shop),
        (show.there.shop, show.here.shop),
    ):
        async with show.joined() as watching:
            sale: dict[str, Any] = {"product_id": name, "duration_ms": 3_600_000, "limit": 1}
            await seller.host(show.session_id, "sale.start", **sale, units=2, percent=20)
            for client in watching:
                await client.wait_for_type("sale.started", left=2)
                assert (await bought(client, sku, price=4_000))["total"] == 4_000
            for client in watching:
                await client.wait_for_type("sale.ended", reason="sold_out")
            announced = {**sale, "percent": 10, "starts_in_ms": 600_000}
            await seller.host(show.session_id, "sale.start", **announced)
            await ender.host(show.session_id, "sale.end", product_id=name)
            for client in watching:
                await client.wait_for_type("sale.ended", reason="manual")
            assert alike(watching[0].events, watching[1].events)
    await show.left(S=26, M=3)


async def buy(show: MixedShow) -> None:
    """Buy by both nodes: a buyer is told on both, and the last unit goes to one."""
    sku, ada = show.sku("S"), named("ada")
    async with (
        show.here.shop.joined(show.session_id, ada) as here,
        show.there.shop.joined(show.session_id, ada) as there,
        show.joined(as_role="host") as hosts,
    ):
        for first, second in ((here, there), (there, here)):
            held = await reserved(first, sku)
            await second.wait_for_type("reserved", rid=held["rid"])
            await second.ask("release", rid=held["rid"])
            await first.wait_for_type("released", rid=held["rid"])
            held = await reserved(first, sku)
            order_id = new_rid()
            told = await second.ask("checkout", order_id=order_id, rids=[held["rid"]])
            assert (told["type"], told["total"]) == ("confirmed", PRICE)
            await first.wait_for_type("confirmed", order_id=order_id)
            for host in hosts:
                await host.wait_for_type("order", order_id=order_id)
            # The same rid by the other node is the same purchase.
            confirmed = await bought(first, sku)
            again = {"rid": confirmed["order_id"], "sku": sku}
            since = len(second.messages)
            assert (await second.ask("buy", **again, quantity=1))["type"] == "reserved"
            assert await second.wait_for_type("confirmed", since=since) == confirmed
            await refused(second, "conflict", "buy", **again, quantity=2)
        await refused(there, "limit", "buy", rid=new_rid(), sku=sku, quantity=2)
    await show.left(S=22)
    await _last_unit(show)


async def _last_unit(show: MixedShow) -> None:
    async with show.joined() as (here, there):
        await bought(here, show.sku("M"), quantity=2)
        wanted = {"sku": show.sku("M"), "quantity": 1}
        for client in (here, there):
            await client.send("buy", ref=900, rid=new_rid(), **wanted)
        answers = [await c.wait_for(lambda m: m.get("ref") == 900) for c in (here, there)]
        assert sorted(each["type"] for each in answers) == ["error", "reserved"]
        for client in (here, there):
            await client.wait_for_type("product.sold_out", sku=show.sku("M"))
        order = (await show.here.shop.get("/api/orders", session=show.session_id))["orders"][-1]
        await show.there.shop.post(f"/api/orders/{order['order_id']}/cancel", {}, status=200)
        for client in (here, there):
            await client.wait_for_type("product.restocked", sku=show.sku("M"), left=1)
    await show.left(M=1)


async def add_stock(show: MixedShow) -> None:
    """Add units to what is sold out, by each node that can: both audiences see and buy them."""
    sku = show.sku("M")
    async with show.joined() as watching:
        await bought(watching[0], sku)
        for client in watching:
            await client.wait_for_type("product.sold_out", sku=sku)
        for adder, seller in show.both.ways:
            if not adder.knows("AddStock"):
                continue
            more = {"product_id": show.product["product_id"], "units": {sku: 1}, "rid": new_rid()}
            (added,) = await adder.shop.host(show.session_id, "stock.add", **more)
            for client in watching:
                await client.wait_for_type("stock.added", offset=added["offset"])
                await client.wait_for_type("product.restocked", offset=added["offset"] + 1)
            await show.left(M=1)
            assert await adder.shop.host(show.session_id, "stock.add", **more) == [added]
            async with seller.shop.joined(show.session_id, named("di")) as buyer:
                await bought(buyer, sku)
            for client in watching:
                await client.wait_for_type("product.sold_out", offset=added["offset"] + 2)
        assert alike(watching[0].events, watching[1].events)
    await show.left(M=0)


async def chat(show: MixedShow) -> None:
    """Talk and moderate by both nodes; a deleted message that was pinned stays readable as such."""
    async with (
        show.joined() as people,
        show.joined(as_role="moderator") as moderators,
        show.joined(as_role="host") as hosts,
    ):
        everybody = (*people, *moderators, *hosts)
        for speaker in everybody:
            text = named("hello")
            said = await speaker.ask("say", text=text)
            assert said["type"] == "ok", said
            for listener in everybody:
                await _reads(listener, text)
        for host, moderator in (hosts, reversed(hosts)):
            text = named("pin me")
            said = (await host.ask("say", text=text))["id"]
            await _reads(moderator, text)
            assert (await moderator.ask("chat.pin", id=said))["type"] == "ok"
            for listener in everybody:
                await listener.wait_for_type("chat.pinned", id=said)
            assert (await host.ask("chat.delete", id=said))["type"] == "ok"
            for listener in everybody:
                await listener.wait_for_type("chat.deleted", id=said)
        await _mute(show)
        await _block(show)


async def _reads(listener: Client, text: str) -> None:
    await until(lambda: text in _heard(listener))


def _heard(listener: Client) -> list[str]:
    batches = listener.of_type("chat")
    return [message["text"] for batch in batches for message in batch["messages"]]


async def _mute(show: MixedShow) -> None:
    """Mute by one node who speaks by the other, and let the muted be heard by the first again."""
    for by, at in show.both.ways:
        troll = named("troll")
        async with (
            by.shop.joined(show.session_id, named("mod"), "moderator") as moderator,
            at.shop.joined(show.session_id, troll) as muted,
        ):
            assert (await moderator.ask("viewer.mute", viewer_id=troll))["type"] == "ok"
            unheard, heard = named("unheard"), named("heard")
            assert (await muted.ask("say", text=unheard))["type"] == "ok"
            lifted = await at.shop.ask(
                "POST",
                f"/api/sessions/{show.session_id}/commands",
                {"type": "viewer.unmute", "viewer_id": troll},
            )
            assert lifted.status_code == 200, lifted.text
            assert (await muted.ask("say", text=heard))["type"] == "ok"
            await _reads(moderator, heard)
            assert unheard not in _heard(moderator)


async def _block(show: MixedShow) -> None:
    for by, at in show.both.ways:
        word = named("Scám").replace("-", "")
        await by.shop.host(show.session_id, "chat.block", words=[word])
        async with at.shop.joined(show.session_id, named("viewer")) as viewer:
            await refused(viewer, "conflict", "say", text=f"a {word.upper()} here")
        await at.shop.host(show.session_id, "chat.block", words=[])
        async with by.shop.joined(show.session_id, named("viewer")) as viewer:
            assert (await viewer.ask("say", text=f"a {word} here"))["type"] == "ok"


async def ask_viewers(show: MixedShow) -> None:
    """Hold a poll by each node: votes by both are in its result. Without the feature: conflict."""
    for opener, closer in show.both.ways:
        if not opener.knows("OpenPoll"):
            continue
        poll: dict[str, Any] = {
            "question": "Which?",
            "choices": [{"label": "Blue"}, {"label": "Sand"}],
        }
        if not closer.knows("OpenPoll"):
            async with closer.shop.joined(show.session_id):
                await opener.shop.host_refused(
                    409, "conflict", show.session_id, "poll.open", **poll
                )
            continue
        async with show.joined() as people:
            (opened,) = await opener.shop.host(show.session_id, "poll.open", **poll)
            for person in people:
                await person.wait_for_type("poll.opened", poll=opened["poll"])
                told = await person.ask("vote", poll=opened["poll"], choice=1)
                assert told["type"] == "voted", told
            await closer.shop.host(show.session_id, "poll.close", poll=opened["poll"])
            for person in people:
                await person.wait_for_type("poll.closed", poll=opened["poll"], counts=[0, 2])


async def pause(show: MixedShow) -> None:
    """Pause by each node: neither sells, until the other lets the show go on."""
    for by, at in show.both.ways:
        async with show.joined() as watching:
            await by.shop.host(show.session_id, "session.pause")
            for client in watching:
                await client.wait_for_type("session.paused")
                await refused(
                    client, "not_live", "buy", rid=new_rid(), sku=show.sku("S"), quantity=1
                )
            await at.shop.host(show.session_id, "session.resume")
            for client in watching:
                await client.wait_for_type("session.resumed")
                await bought(client, show.sku("S"))
    await show.left(S=18)


async def kill_in_turn(show: MixedShow) -> None:
    """Kill each node: the other sells on, and the next one loads the show as it stands."""
    units = 18
    for node, other in show.both.ways:
        cy = named("cy")
        async with node.shop.joined(show.session_id, cy) as here:
            held = await reserved(here, show.sku("S"))
            await node.kill()
            await here.closed()
        async with other.shop.joined(show.session_id, cy) as here:
            told = await here.ask("checkout", order_id=new_rid(), rids=[held["rid"]])
            assert told["type"] == "confirmed", told
            await bought(here, show.sku("S"))
            await other.shop.host(
                show.session_id, "product.unpin", product_id=show.product["product_id"]
            )
            await node.start()
            async with node.shop.joined(show.session_id, cy) as there:
                await bought(there, show.sku("S"))
                await node.shop.host(
                    show.session_id, "product.pin", product_id=show.product["product_id"]
                )
                await here.wait_for_type("product.pinned")
        units -= 3
        await show.left(S=units)
        await _says_the_same(show)


async def _says_the_same(show: MixedShow) -> None:
    """Wait until both nodes show the same to a newcomer, and read the same log and orders."""

    async def seen() -> bool:
        async with show.joined() as (here, there):
            first, second = (
                {**(c.snapshot or {}), "now_ms": 0, "viewers": 0} for c in (here, there)
            )
            return alike(first, second)

    await eventually(seen, True)
    here, there = show.here.shop, show.there.shop
    assert alike(await here.log(show.session_id), await there.log(show.session_id))
    query: dict[str, Any] = {"session": show.session_id, "limit": 200}
    assert alike(await here.get("/api/orders", **query), await there.get("/api/orders", **query))


async def end(show: MixedShow) -> None:
    """End the show with a cart that is full: it is ordered, the rest goes back, the books agree."""
    async with show.joined() as (here, there):
        held = [await reserved(client, show.sku("L")) for client in (here, there)]
        await show.there.shop.host(show.session_id, "session.end")
        for client, each in zip((here, there), held, strict=True):
            await client.wait_for_type("session.ended")
            told = await client.ask("checkout", order_id=new_rid(), rids=[each["rid"]])
            assert (told["type"], told["total"]) == ("confirmed", PRICE - 500)
    product_id = show.product["product_id"]
    added = sum(node.knows("AddStock") for node in show.both.nodes)
    for node in show.both.nodes:
        # Of 30, 3 and 9 in the show 18, 3 and 2 were sold, and all that was added. The catalogue
        # had 10 and 2 more.
        await eventually(partial(node.shop.stock, product_id), [10 + 12, 2 - added, 7])
    await _says_the_same(show)
    shown = [await n.shop.get(f"/api/sessions/{show.session_id}/summary") for n in show.both.nodes]
    for summary in shown:
        del summary["series"]
    assert alike(*shown)


SCENES: Final[tuple[Callable[[MixedShow], Awaitable[None]], ...]] = (
    go_live,
    rename,
    sell,
    buy,
    add_stock,
    chat,
    ask_viewers,
    pause,
    kill_in_turn,
    end,
)
