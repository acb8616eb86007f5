"""Next to the show: orders that are paid elsewhere, and holds that end."""

from typing import Any

from tests.recording.stage import RecordingStage, rid, wish

_BAG = {"product_id": "bag"}


async def pay(stage: RecordingStage) -> None:
    """Buy where the payment is elsewhere, and report payments: right, wrong, twice and too many."""
    host, till, order = stage.token("host", "host"), stage.keys["till"], rid("cem's bag")
    async with stage.scene("paid elsewhere", "elsewhere"):
        await stage.join("payee", "elsewhere", "host")
        await stage.join("cem", "elsewhere")
        await stage.ask("payee", "product.add", **_BAG, units={"BAG": 5})
        await stage.ask("payee", "session.start")
        await stage.ask("cem", "buy", **wish("cem's bag", "BAG", 2))
        await stage.hear("cem", "checkout", order_id=order)
        await stage.ask("cem", "release", rid=rid("cem's bag"))
        for name in ("cem's cart", "cem's other cart"):
            await stage.ask("cem", "reserve", **wish(name, "BAG"))
        cart = {"order_id": rid("cem's order"), "rids": [rid("cem's cart")]}
        await stage.ask("cem", "checkout", **cart)
        await stage.ask("cem", "checkout", **cart)
        await stage.call("GET", f"/api/orders/{order}", by=host)
        await stage.all_see("elsewhere", left={"BAG": 1})
        await stage.join("cem again", "elsewhere")
        for name, body, by in (
            ("cem's bag", {"payment_id": "pay-1", "amount": 5_800}, host),
            ("cem's bag", {"payment_id": "pay-1", "amount": 5_799}, till),
            *(("cem's bag", {"payment_id": "pay-2", "amount": 5_800}, till) for _ in range(2)),
            ("cem's bag", {"payment_id": "pay-3", "amount": 5_800}, till),
            ("cem's order", {"payment_id": "pay-2", "amount": 5_800}, till),
            ("nothing", {"payment_id": "pay-4", "amount": 1}, till),
            ("cem's order", {"payment_id": "pay-5"}, till),
        ):
            await stage.call("POST", f"/api/orders/{rid(name)}/confirm", body, by=by)
        await stage.all_hear("cem", "confirmed", order_id=order)
        await stage.hear("payee", "order", order_id=order)
        await _refund(stage, till, host)
        await stage.all_see("elsewhere", left={"BAG": 1})
        await stage.count("payee", orders=1, units=2, revenue=5_800, held=2)


async def _refund(stage: RecordingStage, till: str, host: str) -> None:
    queries: tuple[dict[str, Any], ...] = (
        *({}, {"status": "confirmed"}),
        *({"status": "nothing"}, {"limit": "1"}),
    )
    for query in queries:
        await stage.call("GET", "/api/payments", by=host, **query)
    await stage.call("GET", "/api/payments", by=stage.token("cem"))
    for payment, by in (("pay-1", host), ("pay-1", till), ("pay-1", till), ("pay-4", till)):
        await stage.call("POST", f"/api/payments/{payment}/refunded", by=by)


async def begin_holds(stage: RecordingStage) -> None:
    """Fill a cart that is held for two seconds; `expire` tapes what came of it."""
    await stage.join("short host", "short", "host")
    await stage.join("dee", "short")
    await stage.ask("short host", "product.add", **_BAG, units={"BAG": 2})
    await stage.ask("short host", "session.start")
    await stage.ask("dee", "reserve", **wish("dee's cart", "BAG"))


async def begin_to_pay(stage: RecordingStage) -> None:
    """Order what is paid too late, since it is held for two seconds, too."""
    await stage.hear("dee", "expired", rid=rid("dee's cart"))
    await stage.ask("dee", "reserve", **wish("dee's cart", "BAG"))
    cart = {"order_id": rid("dee's order"), "rids": [rid("dee's cart")]}
    await stage.ask("dee", "checkout", **cart)
    await stage.ask("dee", "release", rid=rid("dee's cart"))
    await stage.ask("dee", "buy", **wish("dee's bag", "BAG"))
    await stage.hear("dee", "checkout", order_id=rid("dee's bag"), url=None)


async def expire(stage: RecordingStage) -> None:
    """Pay too late, and end the session."""
    till, order = stage.keys["till"], rid("dee's bag")
    async with stage.scene("holds end", "short"):
        await stage.hear("dee", "expired", rid=order)
        body = {"payment_id": "late", "amount": 2_900}
        for _ in range(2):
            await stage.call("POST", f"/api/orders/{order}/confirm", body, by=till)
        await stage.call("GET", f"/api/orders/{order}", by=till)
        await stage.all_see("short", left={"BAG": 2})
        await stage.ask("short host", "session.end")
        for name in ("dee", "short host"):
            await stage.hear(name, "session.ended")
