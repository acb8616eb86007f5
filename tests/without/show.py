"""A show that needs the kernel only."""

from collections.abc import Iterable

import httpx

from tests.recording.server import Server
from tests.system.shop import SystemShop, bought, refused


async def serve(server: Server, missing: Iterable[str]) -> None:
    """Run a show from its plan to its end; commands of types that are missing are refused."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as http:
        merchant = SystemShop(server.url, server.secret, "", http).token("merchant", "host")
        shop = SystemShop(server.url, server.secret, merchant, http)
        product = await shop.product(S=2, M=5)
        name, sku = product["product_id"], product["variants"][0]["sku"]
        session_id = await shop.session(product)
        async with (
            shop.joined(session_id, "host", "host") as host,
            shop.joined(session_id, "ada") as ada,
            shop.joined(session_id) as guest,
        ):
            await host.ask("product.pin", product_id=name)
            await host.ask("sale.start", product_id=name, percent=10, duration_ms=60_000)
            order = await bought(ada, sku, quantity=2, price=4500)
            assert order["total"] == 9000
            await host.wait_for_type("order", order_id=order["order_id"])
            for client in (host, ada, guest):
                await client.wait_for_type("product.sold_out", sku=sku)
            for kind in missing:
                await refused(ada, "bad_request", kind)
            await host.ask("session.end")
            ended = await guest.wait_for_type("session.ended")
        async with shop.joined(session_id) as late:
            assert late.snapshot is not None
            assert (late.snapshot["status"], late.offset) == ("ended", ended["offset"])
        for path in (f"/watch/{session_id}", f"/host/{session_id}", "/", "/api/openapi.json"):
            assert (await http.get(path)).status_code == 200, path
