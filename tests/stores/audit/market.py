"""A session that sells in both stores, for the auditor to look at and to mend."""

from liveshop.core.model import Reservation, ReservationState
from liveshop.stores.audit.findings import Finding
from liveshop.stores.audit.look import audit
from liveshop.stores.audit.repair import repair
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.units import SessionUnits
from tests.stores.postgres.shop import NOW, PRICE, StoredShop, order

SEPARATOR = "\x1f"
SESSION = "{s:s1}:"
LATER = NOW + 60_000


class Market:
    """A session that sold two units in both stores and has one more reserved in Redis."""

    def __init__(self, database: Database, link: RedisLink) -> None:
        self.shop = StoredShop(database)
        self.link = link
        self.units = SessionUnits(link, Library(), "s1")

    async def open(self) -> None:
        """Sell, rebuild Redis from Postgres, and copy."""
        await self.shop.stock_catalogue({"A": 30})
        await self.shop.open("s1", {"A": 10}, sale_units=5)
        await self.rebuild()
        reply = await self.shop.orders.commit(
            "s1", 1, [order("r1", quantity=2, sale="@1")], now_ms=NOW
        )
        await self.units.copy(1, reply.copies.rows, reply.copies.bought, reply.copies.totals)

    def reservation(
        self,
        state: ReservationState = ReservationState.PAYING,
        *,
        rid: str = "r2",
        buyer: str = "bo",
    ) -> Reservation:
        """Return the reservation that is under way, or one like it."""
        return Reservation(
            rid=rid,
            buyer=buyer,
            command="buy",
            sku="A",
            quantity=1,
            price=PRICE,
            sale="@1",
            state=state,
            order_id=rid,
            deadline_ms=NOW + 86_400_000_000,
        )

    def sold(self, rid: str) -> Reservation:
        """Return a reservation of bo's that is sold."""
        return self.reservation(ReservationState.SOLD, rid=rid)

    async def rebuild(self) -> None:
        """Load Redis from Postgres, as a node would that found the epoch raised."""
        [head] = (await self.shop.sessions.heads(["s1"])).values()
        rebuild = await self.shop.sessions.raise_epoch("s1", head.epoch)
        assert rebuild is not None
        await self.units.fence(rebuild.epoch)
        pending = [self.reservation()] if rebuild.epoch == 1 else []
        await self.units.load(
            rebuild.epoch,
            now_ms_min=0,
            rows=rebuild.rows,
            totals=await self.shop.sessions.totals("s1"),
            pending=pending,
        )
        counts = await self.shop.sessions.quotas("s1", after=None, limit=1_000)
        await self.units.copy(rebuild.epoch, bought=counts)

    async def findings(self) -> list[str]:
        """Return what one look finds."""
        return [told(finding) for finding in await self.look()]

    async def look(self, session_id: str | None = None) -> list[Finding]:
        """Look once."""
        return await audit(self.shop.database, self.link, session_id=session_id, looks=1)

    async def mend(self) -> list[str]:
        """Repair what one look finds; return what was done."""
        return await repair(self.shop.database, self.link, await self.look())


def told(finding: Finding) -> str:
    """Return a finding as a line."""
    return f"{finding.promise} {finding.where}: {finding.what}"
