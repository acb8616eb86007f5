"""The end of the show: late viewers, the end, the books, and a node that goes."""

from tests.recording.hosting_scenes import WATCHERS
from tests.recording.stage import RecordingStage, rid, wish
from tests.system.shop import eventually

_ALL = (*WATCHERS, "host", "mod")


async def come_late(stage: RecordingStage) -> None:
    """Join in the middle of everything, as a stranger, as a buyer who returns, and as a host."""
    async with stage.scene("late viewers", "drop"):
        sale = {
            "product_id": "bag",
            "percent": 10,
            "duration_ms": 3_600_000,
            "units": 5,
            "limit": 1,
        }
        await stage.ask("host", "sale.start", **sale)
        announced = {"product_id": "shirt", "percent": 5, "duration_ms": 60_000}
        await stage.ask("host", "sale.start", **announced, starts_in_ms=1_800_000)
        await stage.all_see("drop", sales={"bag": 5, "shirt": None})
        await stage.leave("ada phone")
        await stage.leave("bo")
        for name, role in (("late guest", None), ("ada phone", "viewer"), ("bo", "viewer")):
            await stage.join(name, "drop", role)
        await stage.join("late host", "drop", "host")
        await stage.all_see("drop", viewers=8)
        for by in (None, stage.token("bo")):
            await stage.call("GET", "/api/sessions/{drop}", by=by)
        # A socket that comes again may ask again with the rid that it kept.
        await stage.ask("ada phone", "buy", **wish("ada's shirt", "SHIRT-M", 2))
        await stage.hear("ada phone", "confirmed")


async def end(stage: RecordingStage) -> None:
    """End the show with a sale running and a cart that is not empty."""
    async with stage.scene("the end", "drop"):
        await stage.ask("host", "session.end")
        for name in (*_ALL, "late guest", "late host"):
            await stage.hear(name, "session.ended")
        for kind, fields in (
            *(("session.end", {}), ("session.start", {}), ("product.pin", {"product_id": "mug"})),
            ("sale.start", {"product_id": "bag", "percent": 10, "duration_ms": 60_000}),
            *(("say", {"text": "bye"}), ("chat.slow", {"interval_ms": 1_000})),
        ):
            await stage.ask("host", kind, **fields)
        await stage.send("ada", "like", count=1)
        await stage.ask("ada", "buy", **wish("too late", "SHIRT-M"))
        cart = {"order_id": rid("after the end"), "rids": [rid("left in the cart")]}
        await stage.ask("ada", "checkout", **cart)
        await stage.all_hear("ada", "confirmed", order_id=rid("after the end"))
        for name in ("host", "late host"):
            await stage.hear(name, "order", order_id=rid("after the end"))
        # Once it is settled, no unit is left here: the catalogue has those that were not sold.
        await eventually(lambda: _mugs(stage), 12)
        await stage.all_see("drop", left=dict.fromkeys(("SHIRT-M", "SHIRT-L", "MUG", "BAG"), 0))
        await stage.count("host", orders=5, held=0)


async def _mugs(stage: RecordingStage) -> int:
    """Return the catalogue's units: with those of the show once that is settled."""
    product = (await stage.http.get("/api/products/mug")).json()
    return int(product["variants"][0]["stock"])


async def read_books(stage: RecordingStage) -> None:
    """Read what the show came to, its log page by page, and its orders."""
    host, bo = stage.token("host", "host"), stage.token("bo")
    async with stage.scene("the books"):
        for product in ("shirt", "mug", "cap"):
            await stage.call("GET", f"/api/products/{product}")
        for path in ("summary", "summary.csv", "prices"):
            for by in (host, stage.token("mod", "moderator")):
                await stage.call("GET", f"/api/sessions/{{drop}}/{path}", by=by)
        series = await stage.http.get(
            f"/api/sessions/{stage.sessions['drop']}/summary.csv",
            params={"table": "series"},
            headers={"Authorization": f"Bearer {host}"},
        )
        stage.note("the columns of the series", {"columns": series.text.splitlines()[0]})
        await stage.call("GET", "/api/sessions/{drop}/summary.csv", by=host, table="nothing")
        await stage.call("GET", "/api/sessions/none/summary", by=host)
        page = {"next": 0}
        for _ in range(3):
            path = "/api/sessions/{drop}/events"
            page = await stage.call("GET", path, after=page["next"], limit=40)
        for query in (
            {},
            {"limit": 2},
            {"session": stage.sessions["elsewhere"]},
            {"session": "none"},
        ):
            for by in (host, bo):
                await stage.call("GET", "/api/orders", by=by, **query)
        for reader in (host, bo, stage.token("ada"), None):
            await stage.call("GET", f"/api/orders/{rid('three mugs')}", by=reader)


async def look_back(stage: RecordingStage) -> None:
    """Watch a show that has ended, and so much as a stranger may see of it."""
    async with stage.scene("after the show", "drop"):
        for name, role in (("last guest", None), ("bo tablet", "viewer")):
            await stage.join(name, "drop", role)
        await stage.call("GET", "/api/sessions/{drop}")


async def go(stage: RecordingStage) -> None:
    """Tape what viewers are told by a node that is asked to stop."""
    for name in ("late guest", "host"):
        client = stage.seats[name].client
        moved = await client.wait_for_type("moved")
        closed = await client.closed(within_s=30)
        stage.tape.add(
            "the node goes", name, [stage.canon.line({**moved, "closed": closed.code}, 0)]
        )
