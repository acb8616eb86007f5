"""The show: purchases and carts, over the socket and over HTTP, and every way they are refused."""

from typing import Final

from tests.recording.stage import RecordingStage, rid, wish

# Beyond what is allowed at once, however slowly they are read.
_TOO_MANY: Final = 200


async def buy(stage: RecordingStage) -> None:
    """Buy at once: again, with other arguments, at an old price, and too much."""
    async with stage.scene("buying", "drop"):
        await stage.buy("ada", "ada's shirt", "SHIRT-M", 2, price=4900)
    async with stage.scene("buying again", "drop"):
        await stage.ask("ada", "buy", **wish("ada's shirt", "SHIRT-M", 2))
        await stage.hear("ada", "confirmed", order_id=rid("ada's shirt"))
        for fields in (
            wish("ada's shirt", "SHIRT-M", 1),
            wish("old price", "SHIRT-M", price=4899),
            wish("too many shirts", "SHIRT-M", 3),
            wish("more than there are", "MUG", 4),
            wish("nothing", "NONE"),
            wish("of another show", "VASE-S"),
            wish("not a quantity", "SHIRT-M", 0),
            {**wish("x", "SHIRT-M"), "rid": "x"},
            {"rid": rid("half a wish")},
        ):
            await stage.ask("ada", "buy", **fields)
        await stage.ask("guest", "buy", **wish("a guest's", "SHIRT-M"))
        await stage.ask("bo", "buy", **wish("ada's shirt", "SHIRT-M", 2))
        await stage.all_see("drop", left={"SHIRT-M": 28})
        await stage.count("host", orders=1, units=2, revenue=9800, held=0)


async def fill_carts(stage: RecordingStage) -> None:
    """Fill carts, empty them and order what is in them."""
    async with stage.scene("carts", "drop"):
        for name, sku in (
            ("bo's first", "SHIRT-M"),
            ("bo's second", "SHIRT-L"),
            ("bo's third", "BAG"),
        ):
            await stage.ask("bo", "reserve", **wish(name, sku))
        await stage.ask("bo", "reserve", **wish("bo's first", "SHIRT-M"))
        await stage.ask("bo", "buy", **wish("bo's first", "SHIRT-M"))
        await stage.ask("bo", "reserve", **wish("bo's many", "SHIRT-M", 4))
        await stage.all_see("drop", left={"SHIRT-M": 27, "SHIRT-L": 7, "BAG": 19})
        for name, release in (
            *(("bo", "bo's third"), ("bo", "bo's third"), ("ada", "bo's first")),
            *(("bo", "nothing"), ("guest", "bo's first"), ("ada", "ada's shirt")),
        ):
            await stage.ask(name, "release", rid=rid(release))
        cart = {"order_id": rid("bo's cart"), "rids": [rid("bo's first"), rid("bo's second")]}
        for name, fields in (
            ("bo", {"order_id": rid("bo's cart"), "rids": []}),
            ("bo", {"order_id": rid("another"), "rids": [rid("bo's third")]}),
            ("ada", {"order_id": rid("another"), "rids": [rid("bo's first")]}),
            ("bo", {"order_id": rid("another"), "rids": [rid("nothing")]}),
            *(("bo", cart), ("bo", cart)),
            ("bo", {"order_id": rid("bo's cart"), "rids": [rid("bo's first")]}),
            ("bo", {"order_id": rid("another"), "rids": [rid("bo's first")]}),
        ):
            await stage.ask(name, "checkout", **fields)
        await stage.hear("host", "order", order_id=rid("bo's cart"))
        await stage.ask("bo", "release", rid=rid("bo's first"))
        await stage.all_see("drop", left={"SHIRT-M": 27, "SHIRT-L": 7, "BAG": 20})
        await stage.count("host", orders=2, units=4, held=0)


async def reserve(stage: RecordingStage) -> None:
    """Reserve and release over HTTP, as the buyer and as the merchant's backend."""
    bo, path = stage.token("bo"), "/api/sessions/{drop}/reservations"
    till = stage.keys["till"]
    async with stage.scene("reservations over HTTP", "drop"):
        body = wish("by HTTP", "SHIRT-L", ref=7)
        for by, sent in (
            *((bo, body), (bo, body), (bo, {**body, "quantity": 2}), (None, body)),
            *((till, body), (till, {**body, "viewer_id": "bo"}), (bo, {**body, "viewer_id": "x"})),
            (bo, wish("too many by HTTP", "SHIRT-L", 8)),
            (bo, wish("old price by HTTP", "SHIRT-L", price=1)),
            (bo, wish("nothing by HTTP", "NONE")),
            (till, {**wish("by the till", "BAG"), "viewer_id": "ada"}),
        ):
            await stage.call("POST", path, sent, by=by)
        await stage.hear("bo", "reserved", rid=rid("by HTTP"))
        await stage.all_hear("ada", "reserved", rid=rid("by the till"))
        one = f"{path}/{rid('by HTTP')}"
        for by in (stage.token("ada"), bo, bo, None):
            await stage.call("DELETE", one, by=by)
        await stage.hear("bo", "released", rid=rid("by HTTP"))
        one = f"{path}/{rid('by the till')}"
        await stage.call("DELETE", one, by=till)
        await stage.call("DELETE", one, by=till, viewer_id="ada")
        await stage.all_hear("ada", "released", rid=rid("by the till"))
        await stage.call("DELETE", f"{path}/{rid('nothing')}", by=bo)
        await stage.call("POST", path, body, by=bo)
        # A cart that is not empty when the show ends can still be ordered, or released.
        await stage.ask("ada", "reserve", **wish("left in the cart", "BAG", 2))
        await stage.all_hear("ada", "reserved", rid=rid("left in the cart"))
        await stage.all_see("drop", left={"SHIRT-L": 7, "BAG": 18})


async def hurry(stage: RecordingStage) -> None:
    """Ask more often than is allowed, and tape the first refusal."""
    async with stage.scene("too often", "yen"):
        await stage.call(
            "POST", "/api/sessions/{yen}/commands", {"type": "session.start"}, by=stage.keys["till"]
        )
        await stage.join("hasty", "yen")
        client = stage.seats["hasty"].client
        stage.skip("hasty")
        for number in range(_TOO_MANY):
            await client.send("time", ref=1_000 + number, client_ms=1)
        refusal = await client.wait_for_type("error")
        stage.note("the first refusal", {**refusal, "ref": None})
        stage.skip("hasty")
        await client.wait_for(lambda message: message.get("ref") == 999 + _TOO_MANY)
        stage.skip("hasty")
