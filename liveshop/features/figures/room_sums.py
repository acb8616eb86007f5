"""The totals of a show by product, for its hosts: read as they change, of one instant."""

from time import perf_counter
from typing import Final

from liveshop.core.model import ProductSums, Sums, Totals
from liveshop.engine.asked import Asked
from liveshop.engine.rooms.session import Session
from liveshop.features.figures.store import Figures

# Of the time, one part in so many is spent on reading new orders, however many there are.
_SHARE: Final = 20


class ProductSumsReader:
    """Adds up by product what was ordered, from PostgreSQL and together with the totals.

    New orders are added to what is known. Everything is counted again after an order was cancelled,
    or if PostgreSQL is an older copy than before.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._epoch = session.epochs.newest
        self._known: Sums | None = None
        self._rest_until_s = 0.0
        self._asked = Asked(self._read)

    async def run(self) -> None:
        """Read whenever there is news, until cancelled."""
        await self._asked.run()

    async def add_up(self, totals: Totals) -> Sums | None:
        """Return the sums, no older than `totals` unless reading them takes too long."""
        if self._epoch != self._session.epochs.newest:
            self._epoch, self._known = self._session.epochs.newest, None
        news = self._known is None or self._known.totals.version < totals.version
        if news and perf_counter() >= self._rest_until_s:
            await self._asked.ask()
        return None if self._known is None else self._of_the_shelf(self._known)

    async def _read(self) -> None:
        epoch, began_s = self._epoch, perf_counter()
        known = await self._added_to(self._known)
        if epoch == self._epoch:
            self._known = known
        ended_s = perf_counter()
        self._rest_until_s = ended_s + (ended_s - began_s) * (_SHARE - 1)

    async def _added_to(self, known: Sums | None) -> Sums:
        figures, session_id = self._session.node.stores[Figures], self._session.session_id
        since = 0 if known is None else known.totals.version
        new = await figures.sums_since(session_id, since)
        if known is not None and (new.undone or new.totals.version < since):
            # A product whose orders were all cancelled is told as nothing sold.
            known = Sums(totals=new.totals, products=dict.fromkeys(known.products, ProductSums()))
            new = await figures.sums_since(session_id, 0)
        products = {} if known is None else dict(known.products)
        for name, added in new.added.items():
            before = products.get(name, ProductSums())
            products[name] = ProductSums(
                sold=before.sold + added.sold, revenue=before.revenue + added.revenue
            )
        return Sums(totals=new.totals, products=products)

    def _of_the_shelf(self, known: Sums) -> Sums:
        """Leave out what is not on the shelf, so that a message is never longer than that."""
        shelf = self._session.state.shelf
        products = {name: sums for name, sums in known.products.items() if name in shelf}
        return Sums(totals=known.totals, products=products)
