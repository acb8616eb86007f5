"""The show: people join, and a host puts products on the shelf, pins them, and has sales."""

from typing import Any, Final

from tests.recording.stage import RecordingStage, rid, wish

WATCHERS: Final = ("ada", "ada phone", "bo", "guest")


def _add(product_id: str, units: dict[str, int], **fields: Any) -> dict[str, Any]:
    return {"product_id": product_id, "units": units, **fields}


_FILLING: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    *(("session.pause", {}), ("session.end", {}), ("product.add", {"product_id": "shirt"})),
    ("product.add", {"product_id": "none", "units": {"NONE": 1}}),
    ("product.add", {"product_id": "shirt", "units": {"MUG": 1}}),
    ("product.add", {"product_id": "shirt", "units": {"SHIRT-M": 41}}),
    ("product.add", _add("shirt", {"SHIRT-M": 30, "SHIRT-L": 8}, limit=4)),
    ("product.add", _add("shirt", {"SHIRT-M": 1})),
    ("product.add", _add("mug", {"MUG": 3})),
    ("product.add", _add("cap", {"CAP": 20}, limit=1_000, prices={"CAP": 1800})),
    ("product.add", _add("bag", {"BAG": 20})),
    ("sale.start", {"product_id": "mug", "percent": 10, "duration_ms": 60_000}),
    *(("product.pin", {"product_id": name}) for name in ("shirt", "shirt", "mug", "none")),
    *(("product.pin", {"product_id": name}) for name in ("cap", "bag")),
    *(("product.unpin", {"product_id": name}) for name in ("mug", "mug")),
    ("product.reprice", {"product_id": "shirt", "prices": {"SHIRT-M": 4900}}),
    ("product.reprice", {"product_id": "shirt", "prices": {"SHIRT-M": 4900}}),
    ("product.reprice", {"product_id": "shirt", "prices": {"NONE": 1}}),
    ("product.reprice", {"product_id": "shirt", "prices": {"SHIRT-M": -1}}),
    *(("shelf.order", {"product_ids": ["mug", "shirt"]}) for _ in range(2)),
    ("shelf.order", {"product_ids": ["none"]}),
    ("product.remove", {"product_id": "bag"}),
    ("product.remove", {"product_id": "bag"}),
    ("product.add", _add("bag", {"BAG": 1}, kept=True)),
)


async def join(stage: RecordingStage) -> None:
    """Seat everybody before the show, which is planned for later."""
    async with stage.scene("joining", "drop"):
        await stage.join("host", "drop", "host")
        await stage.join("mod", "drop", "moderator")
        for name in ("ada", "ada phone", "bo"):
            await stage.join(name, "drop")
        await stage.join("guest", "drop", None, visitor="visitor-1")
        await stage.all_see("drop", viewers=6)
        await stage.ask("guest", "time", client_ms=4_000_000_000_000)
    async with stage.scene("misunderstandings", "drop"):
        for name, kind, fields in (
            *(
                ("guest", "nonsense", {}),
                ("guest", "time", {}),
                ("guest", "hello", {"token": None}),
            ),
            ("guest", "time", {"client_ms": "x"}),
            ("guest", "time", {"client_ms": 1, "more": 1}),
            *(("guest", "say", {"text": "hi"}), ("guest", "like", {"count": 21})),
            *(("guest", "look", {"product_id": ""}), ("ada", "product.pin", {"product_id": "mug"})),
            *(("mod", "session.start", {}), ("ada", "say", {"text": ""})),
            ("ada", "say", {"text": "x" * 201}),
        ):
            await stage.ask(name, kind, **fields)
        for text in ('{"ref": 1}', '{"type": "time", "ref": -1, "client_ms": 1}'):
            since = len(stage.seats["guest"].client.messages)
            await stage.seats["guest"].client.connection.send(text)
            await stage.seats["guest"].client.wait_for_type("error", since=since)


async def fill(stage: RecordingStage) -> None:
    """Fill the shelf before the show, over the socket and over HTTP, and do it wrongly."""
    async with stage.scene("before the show", "drop"):
        for kind, fields in _FILLING:
            await stage.ask("host", kind, **fields)
        await stage.ask("ada", "buy", **wish("too early", "SHIRT-M"))
        await stage.all_see("drop", left={"SHIRT-M": 30, "SHIRT-L": 8, "MUG": 3, "BAG": 20})
        for by in (None, stage.token("ada"), stage.token("mod", "moderator")):
            await _command(stage, by, "product.pin", product_id="mug")
        host = stage.token("host", "host")
        await _command(stage, host, "product.unpin", product_id="mug")
        await _command(stage, host, "product.pin", product_id="none")
        await _command(stage, host, "say", text="hi")
        await _command(stage, host, "product.pin")


async def start(stage: RecordingStage) -> None:
    """Go live, pause and go on."""
    async with stage.scene("going live", "drop"):
        for kind in ("session.start", "session.start", "session.resume", "session.pause"):
            await stage.ask("host", kind)
        await stage.ask("ada", "buy", **wish("paused", "SHIRT-M"))
        await stage.ask("host", "session.resume")
        for name in (*WATCHERS, "host", "mod"):
            await stage.hear(name, "session.resumed")


async def begin_timer(stage: RecordingStage) -> None:
    """Start a sale of five seconds in a session of its own; `end_timer` tapes what came of it."""
    await stage.join("timer host", "timer", "host")
    await stage.join("timer guest", "timer", None)
    await stage.ask("timer host", "product.add", **_add("vase", {"VASE-S": 5, "VASE-M": 3}))
    await stage.ask("timer host", "session.start")
    for fields in (
        {"percent": 22, "duration_ms": 5_000},
        {"percent": 10, "duration_ms": 5_000, "starts_in_ms": 10_000},
    ):
        await stage.ask("timer host", "sale.start", product_id="vase", **fields)


async def end_timer(stage: RecordingStage) -> None:
    """Wait for the end of the sale, and end the session."""
    async with stage.scene("a sale ends by its timer", "timer"):
        for name in ("timer host", "timer guest"):
            await stage.hear(name, "sale.ended", reason="timer")
    await _add_stock(stage)
    async with stage.scene("an announced sale ends with its session", "timer"):
        sale = {"product_id": "vase", "prices": {"VASE-S": 1500}, "duration_ms": 60_000}
        await stage.ask("timer host", "sale.start", **sale, starts_in_ms=600_000)
        for fields in (
            *({}, {"title": "Ended by a timer"}, {"cover_url": "http://a"}, {"starts_at_ms": 1}),
            {"title": "Ended by its timer", "stream_url": "https://video.example/b.m3u8"},
        ):
            await stage.ask("timer host", "session.update", **fields)
        for name in ("timer host", "timer guest"):
            await stage.hear(name, "session.updated")
        await stage.ask("timer host", "session.end")
        for name in ("timer host", "timer guest"):
            await stage.hear(name, "session.ended")


async def _add_stock(stage: RecordingStage) -> None:
    more = {"product_id": "vase", "units": {"VASE-S": 2}, "rid": rid("two more vases")}
    async with stage.scene("more units", "timer"):
        for fields in (
            *(more, more, {**more, "units": {"VASE-S": 1}}),
            *({"product_id": "none", "units": {"VASE-S": 1}}, {"product_id": "vase", "units": {}}),
            *({"product_id": "vase", "units": {name: 1_000}} for name in ("VASE-S", "MUG")),
        ):
            await stage.ask("timer host", "stock.add", **fields)
        await stage.ask("timer guest", "stock.add", **more)
        for name in ("timer host", "timer guest"):
            await stage.hear(name, "stock.added")
        await stage.all_see("timer", left={"VASE-S": 7, "VASE-M": 3})


async def sell(stage: RecordingStage) -> None:
    """Have flash sales: one of few units, one that is ended by hand, and some that are refused."""
    sale: dict[str, Any] = {"product_id": "cap", "duration_ms": 3_600_000}
    async with stage.scene("flash sales", "drop"):
        for fields in (
            *({"duration_ms": 4_999, "percent": 10}, {"percent": 100}, {}, {"percent": 0}),
            *({"percent": 10, "prices": {"CAP": 1}}, {"prices": {"CAP": 1801}}),
            *({"prices": {"NONE": 1}}, {"percent": 10, "units": 21}),
            {"percent": 22, "units": 4, "limit": 2},
            {"percent": 10},
        ):
            await stage.ask("host", "sale.start", **{**sale, **fields})
        await stage.ask("host", "product.reprice", product_id="cap", prices={"CAP": 1})
        await stage.ask("host", "sale.start", product_id="none", percent=1, duration_ms=5_000)
        await stage.buy("bo", "bo's cap", "CAP", 2, price=1404)
        await stage.ask("bo", "buy", **wish("one cap too many", "CAP"))
        await stage.all_see("drop", left={"CAP": 18}, sales={"cap": 2})
        await stage.buy("ada", "ada's cap", "CAP", 2, price=1800)
        for name in (*WATCHERS, "host", "mod"):
            await stage.hear(name, "sale.ended", reason="sold_out")
        await stage.all_see("drop", left={"CAP": 16})
        fields = {"product_id": "shirt", "prices": {"SHIRT-L": 4000}, "duration_ms": 60_000}
        await stage.ask("host", "sale.start", **fields, starts_in_ms=1_800_000)
        await stage.ask("bo", "buy", **wish("before the sale", "SHIRT-L", price=4000))
        await stage.ask("host", "sale.end", product_id="shirt")
        await stage.ask("host", "sale.end", product_id="shirt")
    async with stage.scene("sold out and restocked", "drop"):
        await stage.buy("bo", "three mugs", "MUG", 3)
        for name in (*WATCHERS, "host", "mod"):
            await stage.hear(name, "product.sold_out", sku="MUG")
        await stage.ask("ada", "buy", **wish("no mug", "MUG"))
        await stage.all_see("drop", left={"MUG": 0})
        path = f"/api/orders/{rid('three mugs')}"
        for by in (stage.token("bo"), stage.token("host", "host"), stage.token("host", "host")):
            await stage.call("POST", f"{path}/cancel", by=by)
        await stage.hear("bo", "cancelled")
        for name in (*WATCHERS, "host", "mod"):
            await stage.hear(name, "product.restocked", sku="MUG")
        await stage.all_see("drop", left={"MUG": 3})


async def _command(stage: RecordingStage, by: str | None, kind: str, **fields: Any) -> None:
    await stage.call("POST", "/api/sessions/{drop}/commands", {"type": kind, **fields}, by=by)
