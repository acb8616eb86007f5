"""The figures of shows in Postgres, and what their hosts plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from liveshop.core import wire
from liveshop.core.decision import Decision
from liveshop.core.errors import NotFound
from liveshop.core.events import Event
from liveshop.core.feature import KERNEL
from liveshop.core.limits import PRICE_SESSIONS_MAX
from liveshop.core.model import ProductSums, Totals
from liveshop.core.money import currency_digits
from liveshop.core.wire import Message
from liveshop.features.figures.rules import (
    TREND_NEAR_MAX,
    TREND_SHOWS_MAX,
    SavePlan,
    ShowFigures,
    Sold,
)
from liveshop.stores.audit.oversold import oversold
from liveshop.stores.postgres.database import Connection, Database
from liveshop.stores.postgres.queries import load_queries
from liveshop.stores.postgres.stores import Stores

_SQL = load_queries(Path(__file__).with_name("figures.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The gauges of a session at one instant; `visitors` None where that could not be asked."""

    at_ms: int
    viewers: int
    viewers_peak: int
    visitors: int | None
    likes: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceFigures:
    """The figures that a session's samples come to; None if none says."""

    viewers_peak: int
    viewers_average: int | None
    visitors: int | None
    likes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSums:
    """The totals of a session, and what new orders have added to them by product.

    `undone` if an order was cancelled since, so that what was known before may be too much.
    """

    totals: Totals
    undone: bool
    added: dict[str, ProductSums]


class Figures:
    """Samples, looks, plans, and sums over orders, in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_sample(self, session_id: str, sample: Sample) -> bool:
        """Keep a sample; False where another node kept one of this instant."""
        return bool(
            await self._database.commit(
                _SQL["add_sample"],
                session_id,
                sample.at_ms,
                sample.viewers,
                sample.viewers_peak,
                sample.visitors,
                sample.likes,
                sample.held,
            )
        )

    async def add_looks(self, session_id: str, looks: Mapping[str, int]) -> None:
        """Count looks at products."""
        # In one order on every node, or two of them could wait for each other.
        counted = sorted(looks.items())
        products, counts = [name for name, _ in counted], [count for _, count in counted]
        await self._database.commit(_SQL["add_looks"], session_id, products, counts)

    async def looks(self, session_id: str) -> dict[str, int]:
        """Return the looks at each product."""
        return dict(await self._database.fetch(_SQL["looks"], session_id))

    async def audience(self, session_id: str) -> AudienceFigures:
        """Return what the samples come to."""
        record = await self._database.fetchrow(_SQL["audience"], session_id)
        assert record is not None, "sums are one row"
        return AudienceFigures(**record)

    async def gauge_series(
        self, session_id: str, start_ms: int, step_ms: int
    ) -> dict[int, tuple[int, int, int]]:
        """Return viewers, likes and units held by step."""
        rows = await self._database.fetch(_SQL["sample_series"], session_id, start_ms, step_ms)
        return {row["step"]: (round(row["viewers"]), row["likes"], row["held"]) for row in rows}

    async def order_series(self, session_id: str, start_ms: int, step_ms: int) -> dict[int, Sold]:
        """Return what was ordered by step."""
        rows = await self._database.fetch(_SQL["order_series"], session_id, start_ms, step_ms)
        return {
            row["step"]: Sold(orders=row["orders"], units=row["units"], revenue=row["revenue"])
            for row in rows
        }

    async def sold_by_product(self, session_id: str) -> dict[str, Sold]:
        """Return what was ordered of each product."""
        rows = await self._database.fetch(_SQL["sold_by_product"], session_id)
        return {
            row["product_id"]: Sold(
                orders=row["orders"], units=row["units"], revenue=row["revenue"]
            )
            for row in rows
        }

    async def allocated_by_product(self, session_id: str) -> dict[str, int]:
        """Return the units that the session took out of the catalogue's stock, by product."""
        return dict(await self._database.fetch(_SQL["allocated_by_product"], session_id))

    async def buyers(self, session_id: str) -> int:
        """Return how many different buyers have ordered."""
        record = await self._database.fetchrow(_SQL["buyers"], session_id)
        assert record is not None, "a count is one row"
        return int(record["buyers"])

    async def returning(self, session_id: str, others: Sequence[str]) -> int:
        """Return how many buyers of a session have ordered in one of the others, too."""
        record = await self._database.fetchrow(_SQL["returning"], session_id, list(others))
        assert record is not None, "a count is one row"
        return int(record["buyers"])

    async def sums_since(self, session_id: str, seq: int) -> NewSums:
        """Return the totals, and by product what orders after the change `seq` have added.

        Raises NotFound for an unknown session.
        """
        rows = await self._database.fetch(_SQL["sums_since"], session_id, seq)
        if not rows:
            raise NotFound("session", session_id)
        first = rows[0]
        return NewSums(
            totals=Totals(
                orders=first["orders"],
                units=first["units"],
                revenue=first["revenue"],
                version=first["seq"],
            ),
            undone=first["undone"],
            added={
                row["product_id"]: ProductSums(sold=row["sold"], revenue=row["earned"])
                for row in rows
                if row["product_id"] is not None
            },
        )

    async def trend(self, session_id: str, *, only: str | None) -> list[ShowFigures]:
        """Return the newest shows of a show's shop up to it, the oldest first.

        `only` names the one session that may be told of, None for all.
        """
        args = (session_id, TREND_SHOWS_MAX, TREND_NEAR_MAX, only)
        rows = await self._database.fetch(_SQL["trend"], *args)
        return [
            ShowFigures(currency_digits=currency_digits(row["currency"]), **row)
            for row in reversed(rows)
        ]

    async def oversold(self, session_id: str) -> int:
        """Return how many units are sold beyond those that there were, by the audit's query."""
        return await oversold(self._database, session_id)

    async def plan(self, session_id: str) -> Message:
        """Return what the host plans, as it was saved; empty before that."""
        record = await self._database.fetchrow(_SQL["read_plan"], session_id)
        return {} if record is None else wire.decode_object(record["body"])

    async def save_plan(self, session_id: str, plan: Message) -> Message:
        """Replace what the host plans, and return all of it: what is left out stays."""
        body = wire.encode_one(plan).decode()
        (saved,) = await self._database.commit(_SQL["save_plan"], session_id, body)
        return wire.decode_object(saved["body"])

    async def price_events(
        self, session_id: str, product_ids: Sequence[str], *, since_ms: int
    ) -> dict[str, list[Event]]:
        """Return what said the prices of products since then, and before, by session.

        Of the newest PRICE_SESSIONS_MAX sessions of the same shop and currency: what others sell
        has prices of its own.
        """
        rows = await self._database.fetch(
            _SQL["price_events"], session_id, since_ms, list(product_ids), PRICE_SESSIONS_MAX
        )
        logs: dict[str, list[Event]] = {}
        for session_id, body in rows:
            logs.setdefault(session_id, []).append(KERNEL.event(wire.decode_object(body)))
        return logs


async def save_plan(connection: Connection, session_id: str, write: SavePlan) -> None:
    """Keep a plan, in the transaction that makes its session."""
    body = wire.encode_one(write.plan).decode()
    await connection.execute(_SQL["save_plan"], session_id, body)


async def copied_plan(stores: Stores, session_id: str, offset: int, at_ms: int) -> Decision:
    """Return what gives a copy of a session the same plan, whose sales have no instants."""
    plan = await stores[Figures].plan(session_id)
    return Decision(events=(), writes=(SavePlan(plan=plan),) if plan else ())
