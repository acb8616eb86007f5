"""A session's plan by its log, read event by event: what Redis should sell, and for how much."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from liveshop.stores.audit.belief import SEPARATOR
from liveshop.stores.postgres.database import Database

_STATUSES: Final = {
    "session.started": "live",
    "session.resumed": "live",
    "session.paused": "paused",
    "session.ended": "ended",
}
_Product = dict[str, dict[str, Any]]


async def audit_plan(
    database: Database, sql: dict[str, str], session_id: str, plan: dict[str, str]
) -> list[tuple[str, str]]:
    """Compare the plan that Redis sells by with the log, none where it has no plan yet."""
    if "offset" not in plan:
        return []
    offset = int(plan["offset"])
    [session] = await database.fetch(sql["planned"], session_id)
    if offset != session["head_offset"]:
        what = f"the plan is as of event {offset}, the log has {session['head_offset']}"
        return [("plan_is_logged", what)]
    records = await database.fetch(sql["log"], session_id, offset)
    first = "draft" if session["starts_at_ms"] is None else "scheduled"
    truth = _planned(first, (json.loads(record["body"]) for record in records))
    truth |= {"offset": str(offset), "hold_ms": str(session["hold_ms"])}
    return [("plan_is_logged", what) for what in _differences(plan, truth)]


def _differences(plan: dict[str, str], truth: dict[str, str]) -> Iterator[str]:
    for name in sorted(plan.keys() | truth.keys()):
        copy, logged = plan.get(name), truth.get(name)
        if copy != logged:
            yield f"the plan's {name}: Redis {_shown(copy)}, the log says {_shown(logged)}"


def _shown(value: str | None) -> str:
    return "nothing" if value is None else value.replace(SEPARATOR, " ")


def _planned(status: str, events: Iterable[dict[str, Any]]) -> dict[str, str]:
    shelf: dict[str, _Product] = {}
    sales: dict[str, dict[str, Any]] = {}
    for event in events:
        kind, product_id = event["type"], event.get("product_id", "")
        status = _STATUSES.get(kind, status)
        if kind == "product.added":
            product = event["product"]
            shelf[product["product_id"]] = {each["sku"]: each for each in product["variants"]}
        elif kind == "product.removed":
            shelf.pop(product_id, None)
        elif kind == "product.repriced":
            for sku, price in event["prices"].items():
                shelf[product_id][sku] = {**shelf[product_id][sku], "price": price}
        elif kind == "sale.started":
            sales[product_id] = event
        elif kind == "sale.ended":
            sales.pop(product_id, None)
    offers = {
        f"s{sku}": _offer(variant, sku, sales.get(product_id))
        for product_id, variants in shelf.items()
        for sku, variant in variants.items()
    }
    return {"status": status} | offers


def _offer(variant: dict[str, Any], sku: str, sale: dict[str, Any] | None) -> str:
    parts = [variant["price"], variant["limit"]]
    if sale is not None and sku in sale["prices"]:
        parts += [
            f"@{sale['offset']}",
            sale["prices"][sku],
            sale["starts_at_ms"],
            sale["ends_at_ms"],
            "" if sale.get("limit") is None else sale["limit"],
            0 if sale.get("left") is None else 1,
        ]
    return SEPARATOR.join(map(str, parts))
