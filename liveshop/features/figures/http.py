"""The figures of a show, its host's plan, and its past prices, over HTTP."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from liveshop.core import wire
from liveshop.core.feature import Vocabulary
from liveshop.core.limits import PLAN_BYTES_MAX, PRICE_HISTORY_MS
from liveshop.core.money import currency_digits
from liveshop.core.roles import Role, Scope
from liveshop.core.spreadsheet import csv_text
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.features.figures.http_records import LowestPrices, ShowPlan, SummaryTable
from liveshop.features.figures.prices import lowest_prices
from liveshop.features.figures.rules import Story, Summary, products_of, series_of, step_for
from liveshop.features.figures.store import Figures
from liveshop.stores.postgres.sessions import Sessions


async def read_summary(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read what a show comes to, while it is on and afterwards.

    Buyers, orders, units and revenue are those of confirmed orders. Gauges are sampled every few
    seconds; `visitors` is an estimate. `oversold` is what the auditor finds, and `trend` has the
    last five shows of the shop.
    """
    return Reply(await _summary(services, call))


async def read_summary_csv(services: Services, call: Call[SummaryTable, Nothing]) -> Reply:
    """Read the products of a summary, or its series, as CSV; money is in minor units."""
    summary = await _summary(services, call)
    lines: Sequence[Any] = summary.products
    columns = "product_id title shown_ms looks orders units revenue"
    if call.query.table == "series":
        lines, columns = summary.series, "at_ms viewers likes held orders units revenue"
    return Reply(_csv(columns.split(), map(wire.as_message, lines), summary.currency))


async def read_plan(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read what the host plans for a show."""
    session_id = call.path["session_id"]
    await services.stores[Sessions].get(session_id)
    return Reply({"sales": {}, **await services.stores[Figures].plan(session_id)})


async def save_plan(services: Services, call: Call[Nothing, ShowPlan]) -> Reply:
    """Replace what the host plans for a show, but for notes that are left out."""
    session_id = call.path["session_id"]
    await services.stores[Sessions].get(session_id)
    plan = _given(wire.as_message(call.body))
    plan["sales"] = {name: _given(sale) for name, sale in plan["sales"].items()}
    saved = await services.stores[Figures].save_plan(session_id, plan)
    return Reply(plan | {name: kept for name, kept in saved.items() if name not in plan})


async def read_lowest_prices(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read the lowest prices of the last 30 days of what is on the shelf, from its shop's logs."""
    snapshot = await services.engine.rooms.view(call.path["session_id"])
    now_ms = services.engine.node.now_ms()
    since_ms = now_ms - PRICE_HISTORY_MS
    shelf = snapshot["shelf"]
    logs = await services.stores[Figures].price_events(
        snapshot["id"], [product["product_id"] for product in shelf], since_ms=since_ms
    )
    lowest = lowest_prices(logs, since_ms, now_ms)
    skus = {variant["sku"] for product in shelf for variant in product["variants"]}
    offered = {sku: price for sku, price in lowest.items() if sku in skus}
    return Reply(LowestPrices(since_ms=since_ms, lowest=offered))


async def _summary(services: Services, call: Call[Any, Nothing]) -> Summary:
    session_id = call.path["session_id"]
    sessions, figures = services.stores[Sessions], services.stores[Figures]
    record = await sessions.get(session_id)
    story = Story.of(await sessions.log(session_id), services.engine.node.now_ms())
    totals = await sessions.totals(session_id)
    audience = await figures.audience(session_id)
    start_ms = record.created_ms if story.started_at_ms is None else story.started_at_ms
    step_ms = step_for(story.until_ms - start_ms)
    gauges = await figures.gauge_series(session_id, start_ms, step_ms)
    ordered = await figures.order_series(session_id, start_ms, step_ms)
    looks, sold = await figures.looks(session_id), await figures.sold_by_product(session_id)
    allocated = await figures.allocated_by_product(session_id)
    only = call.caller.session_id
    trend = await figures.trend(session_id, only=only)
    others = [show.session_id for show in trend if show.session_id != session_id]
    return Summary(
        session_id=session_id,
        title=record.info.title,
        currency=record.info.currency,
        currency_digits=currency_digits(record.info.currency),
        status=record.status,
        started_at_ms=story.started_at_ms,
        ended_at_ms=story.ended_at_ms,
        orders=totals.orders,
        units=totals.units,
        revenue=totals.revenue,
        buyers=await figures.buyers(session_id),
        visitors=audience.visitors,
        viewers_peak=audience.viewers_peak,
        viewers_average=audience.viewers_average,
        likes=audience.likes,
        products=products_of(story, looks, sold, allocated),
        sales=story.sales,
        step_ms=step_ms,
        series=series_of(start_ms, step_ms, gauges, ordered),
        oversold=await figures.oversold(session_id),
        trend=trend,
        returning=await figures.returning(session_id, others) if only is None else None,
    )


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _csv(columns: Sequence[str], lines: Iterable[dict[str, Any]], currency: str) -> str:
    money = [currency, currency_digits(currency)]
    rows = [[*columns, "currency", "currency_digits"]]
    return csv_text([*rows, *([line[name] for name in columns] + money for line in lines)])


_SESSION = "/api/sessions/{session_id}"
_OPERATIONS: Final = (
    Operation(
        method="GET",
        path=f"{_SESSION}/summary",
        handler=read_summary,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: Summary},
    ),
    Operation(
        method="GET",
        path=f"{_SESSION}/summary.csv",
        handler=read_summary_csv,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: str},
        returns="text/csv",
    ),
    Operation(
        method="GET",
        path=f"{_SESSION}/plan",
        handler=read_plan,
        scope=Scope.SESSIONS,
        needs=Role.MODERATOR,
        answers={200: ShowPlan},
    ),
    Operation(
        method="PUT",
        path=f"{_SESSION}/plan",
        handler=save_plan,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: ShowPlan},
        body_bytes_max=PLAN_BYTES_MAX,
    ),
    Operation(
        method="GET",
        path=f"{_SESSION}/prices",
        handler=read_lowest_prices,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={200: LowestPrices},
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the figures' operations."""
    return _OPERATIONS
