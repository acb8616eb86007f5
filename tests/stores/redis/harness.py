"""A link that runs for a test, and a session that is open and live in Redis."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import anyio

from liveshop.core.model import PurchaseWord, Row, Sale, Status, Totals, sku_row
from liveshop.stores.redis.library import BuyerLimits, Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.projection import Offer, Projection
from liveshop.stores.redis.unit_records import LineReply, ReserveLine, UnitsStatus
from liveshop.stores.redis.units import SessionUnits
from tests.waiting import until

# The clock never goes behind what it has shown: a session that begins in 2033 stands still
# there until the test moves it.
START_MS = 2_000_000_000_000
HOLD_MS = 60_000
# For tests of one buyer who reserves much: the rate goes by the server's clock, which runs on.
UNHURRIED = BuyerLimits(rate=(1_000, 1_000))
NOTHING = Totals(orders=0, units=0, revenue=0, version=0)


@asynccontextmanager
async def linked(url: str) -> AsyncIterator[RedisLink]:
    """Run a link until the test is over."""
    link = RedisLink(url)
    async with anyio.create_task_group() as tasks:
        await tasks.start(link.run)
        await until(lambda: link.connected)
        yield link
        tasks.cancel_scope.cancel()


def row(name: str, units: int, *, sold: int = 0, version: int = 1) -> Row:
    """A row as Postgres has it."""
    return Row(row=name, units=units, sold=sold, version=version)


def sale(**changes: object) -> Sale:
    """A sale of shirt S for 3900 in the first minute; it has no units and no limit."""
    fields: dict[str, object] = {
        "offset": 7,
        "product_id": "shirt",
        "prices": {"S": 3900},
        "starts_at_ms": START_MS,
        "ends_at_ms": START_MS + 60_000,
        "units": None,
        "limit": None,
    }
    return Sale(**(fields | changes))  # type: ignore[arg-type]


def projection(
    *, offset: int = 1, status: Status = Status.LIVE, limit: int = 4, sale: Sale | None = None
) -> Projection:
    """A session that sells the shirt in S (perhaps in a sale) and M, at 5000."""
    offers = (
        Offer(sku="S", price=5000, limit=limit, sale=sale),
        Offer(sku="M", price=5000, limit=limit),
    )
    return Projection(offset=offset, status=status, hold_ms=HOLD_MS, offers=offers)


def line(
    sku: str = "S",
    quantity: int = 1,
    *,
    buyer: str = "ada",
    command: PurchaseWord = "reserve",
    rid: str | None = None,
    price: int | None = None,
) -> ReserveLine:
    """A purchase with a rid of its own."""
    return ReserveLine(
        rid=rid or str(uuid4()),
        buyer=buyer,
        command=command,
        sku=sku,
        quantity=quantity,
        price=price,
    )


class OpenSession:
    """A session in epoch 1 with 10 S and 10 M, as the tests use it."""

    def __init__(self, link: RedisLink, library: Library | None = None) -> None:
        self.link = link
        self.id = str(uuid4())
        self.units = SessionUnits(link, library or Library(), self.id)

    @classmethod
    async def start(
        cls,
        link: RedisLink,
        plan: Projection | None = None,
        rows: Sequence[Row] = (),
        *,
        buyer: BuyerLimits | None = None,
    ) -> "OpenSession":
        """Open a session with a projection and further rows, perhaps with limits of its own."""
        session = cls(link, Library(buyer) if buyer else None)
        stock = [row(sku_row("S"), 10), row(sku_row("M"), 10), *rows]
        assert await session.units.fence(1) is UnitsStatus.OK
        reply = await session.units.load(1, now_ms_min=START_MS, rows=stock, totals=NOTHING)
        assert reply.status is UnitsStatus.OK
        assert await session.units.push(1, plan or projection()) is UnitsStatus.OK
        return session

    async def reserve(self, *lines: ReserveLine) -> tuple[LineReply, ...]:
        """Reserve lines, which is carried out."""
        return await self.reserve_in(1, *lines)

    async def reserve_in(self, epoch: int, *lines: ReserveLine) -> tuple[LineReply, ...]:
        """Reserve lines in an epoch, which is carried out."""
        reply = await self.units.reserve(epoch, 1, lines)
        assert reply.status is UnitsStatus.OK
        return reply.lines

    async def set_clock(self, now_ms: int) -> None:
        """Move the session's clock on."""
        await self.link.call("HSET", f"{{s:{self.id}}}:cfg", "hi_ms", now_ms)

    async def dump(self) -> dict[str, object]:
        """Return everything that Redis keeps of the session but its clock and its tick."""
        kept: dict[str, object] = {}
        for key in await self.link.call("KEYS", f"{{s:{self.id}}}:*"):
            match await self.link.call("TYPE", key):
                case "hash":
                    flat = await self.link.call("HGETALL", key)
                    kept[key] = dict(zip(flat[::2], flat[1::2], strict=True))
                case "zset":
                    kept[key] = await self.link.call("ZRANGE", key, 0, -1, "WITHSCORES")
        cfg = kept.get(f"{{s:{self.id}}}:cfg", {})
        assert isinstance(cfg, dict)
        for name in ("hi_ms", "tick"):
            cfg.pop(name, None)
        return kept
