"""Bans and taken back holds of a viewer who is at the node of the release before."""

from functools import partial

from tests.client import connected
from tests.system.shop import eventually, named, new_rid, reserved
from tests.upgrade.nodes import TwoReleases

_BANNED = 4503


async def throw_out(both: TwoReleases) -> None:
    """Ban and take back by a node that can, from a viewer who bought by the other.

    A node of a release without bans lets the viewer stay, but what it held is for sale again.
    """
    for node, other in both.ways:
        if not node.knows("BanViewer"):
            continue
        product = await node.shop.product(S=9)
        session_id = await node.shop.session(product)
        sku, troll = product["variants"][0]["sku"], named("troll")
        async with (
            other.shop.joined(session_id, troll) as there,
            node.shop.joined(session_id, troll) as here,
            node.shop.joined(session_id, named("host"), "host") as host,
        ):
            held = await reserved(there, sku, quantity=2)
            taken = await host.ask("hold.release", viewer_id=troll, rid=held["rid"])
            assert taken["type"] == "ok", taken
            for client in (here, there):
                await client.wait_for_type("released", rid=held["rid"])
            held = await reserved(there, sku, quantity=3)
            assert (await host.ask("viewer.ban", viewer_id=troll))["type"] == "ok"
            assert (await here.closed()).code == _BANNED
            for each in both.nodes:
                await eventually(partial(each.shop.left, session_id), {sku: 9})
            if other.knows("BanViewer"):
                assert (await there.closed()).code == _BANNED
        async with connected(node.shop.ws, session_id) as again:
            await again.send("hello", ref=1, token=node.shop.token(troll))
            assert (await again.closed()).code == _BANNED
        refusal = await node.shop.reserve(
            session_id, rid=new_rid(), sku=sku, quantity=1, viewer_id=troll
        )
        assert (refusal.status_code, refusal.json()["code"]) == (403, "forbidden")
        await other.shop.host(session_id, "session.end")
