"""The tables grow while the release before sells: no purchase of it is refused."""

import anyio

from tests.client import Client
from tests.system.shop import bought, named
from tests.upgrade.nodes import TwoReleases
from tests.waiting import until

_PAUSE_S = 0.25  # a buyer reserves five times a second at most


async def migrate_during_a_show(both: TwoReleases) -> None:
    """Migrate while three buyers buy by the node of the release before, then start the other.

    Each makes an API key for the other, and uses the other's.
    """
    shop = both.before.shop
    product = await shop.product(S=5_000)
    session_id = await shop.session()
    await shop.add(session_id, product, limit=1_000)
    async with (
        shop.joined(session_id, named("ada")) as ada,
        shop.joined(session_id, named("bo")) as bo,
        shop.joined(session_id, named("host"), "host") as host,
        anyio.create_task_group() as tasks,
    ):
        sku, counts = product["variants"][0]["sku"], [0, 0]
        for place, client in enumerate((ada, bo)):
            tasks.start_soon(_keep_buying, client, sku, counts, place)
        await until(lambda: min(counts) >= 2)
        await anyio.to_thread.run_sync(both.new.migrate)
        after = list(counts)
        await shop.host(session_id, "product.pin", product_id=product["product_id"])
        # Statements that were prepared for the tables as they were are asked again.
        await shop.host(session_id, "product.unpin", product_id=product["product_id"])
        await until(lambda: all(now >= then + 2 for now, then in zip(counts, after, strict=True)))
        await host.wait_for_type("product.unpinned")
        tasks.cancel_scope.cancel()
    await shop.host(session_id, "session.end")
    await both.new.start()
    key = both.before.api_key
    both.new.use(key)
    both.before.use(await both.new.make_key())


async def _keep_buying(client: Client, sku: str, counts: list[int], place: int) -> None:
    while True:
        await bought(client, sku)
        counts[place] += 1
        await anyio.sleep(_PAUSE_S)
