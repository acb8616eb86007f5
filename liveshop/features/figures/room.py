"""Keeps what a show comes to: samples of its gauges, product views, who has joined."""

import zlib
from collections import Counter

import anyio

from liveshop.core.errors import LiveshopError
from liveshop.core.limits import SAMPLE_MS, VISITORS_NOTED_MAX
from liveshop.core.model import Sums, Totals
from liveshop.core.roles import Identity, Role
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.part import RoomPart
from liveshop.engine.rooms.session import Session
from liveshop.engine.taps import Taps
from liveshop.features.figures.room_sums import ProductSumsReader
from liveshop.features.figures.rules import ViewProduct
from liveshop.features.figures.store import Figures, Sample


class Sampler(RoomPart):
    """Writes every few seconds what this node has counted, and the session's gauges if it is first.

    Every node that has the session tries; the instant is the key, so one sample is kept. Counts
    that are not yet written are lost with the node: a few seconds of views.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._views: Counter[str] = Counter()
        self._visitors: set[str] = set()
        self._taps = Taps()
        self._was_on = False
        self._sums = ProductSumsReader(session)
        self.at_once = {ViewProduct: self.view_product}
        # Sessions take turns, so that a node with many has no busy second.
        self._phase_ms = zlib.crc32(session.session_id.encode()) % SAMPLE_MS

    def view_product(self, command: ViewProduct, asker: Asker) -> None:
        """Count a view of a product of the shelf; raises NotFound for another, and RateLimited."""
        product = self._session.state.product(command.product_id)
        self._taps.admit(asker, self._session.clock.now_ms())
        self._views[product.product_id] += 1

    def joined(self, identity: Identity | None, visitor: str | None) -> None:
        """Note who has joined: by the token, else by the name that its client keeps, if any."""
        if identity is not None and identity.role >= Role.MODERATOR:
            return
        name = f"v:{visitor}" if identity is None else f"u:{identity.viewer_id}"
        known_by_name = identity is not None or visitor is not None
        if known_by_name and len(self._visitors) < VISITORS_NOTED_MAX:
            self._visitors.add(name)

    async def add_up(self, totals: Totals) -> Sums | None:
        """Divide the totals by product."""
        return await self._sums.add_up(totals)

    async def run(self) -> None:
        """Record at every instant that is due, and read sums when they are wanted."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._sums.run)
            await self._record_in_time()

    async def _record_in_time(self) -> None:
        while True:
            now_ms = self._session.node.now_ms()
            due_ms = now_ms + SAMPLE_MS - (now_ms - self._phase_ms) % SAMPLE_MS
            await anyio.sleep((due_ms - now_ms) / 1000)
            try:
                await self.record(due_ms)
            except LiveshopError as failure:
                self._session.log.info("nothing recorded: %s", failure)

    async def record(self, at_ms: int) -> None:
        """Write what was counted; raises Unavailable, and then tries the same again next time.

        `at_ms` is the instant that was due, which all nodes know alike, whenever they come to it.
        """
        on = self._session.state.status.is_on
        visitors = None
        if on or self._was_on or self._visitors:
            visitors = await self._count_visitors()
        await self._write_views()
        # Once more after the end, for what came since the last time.
        if on or self._was_on:
            await self._write_sample(at_ms, visitors)
        self._was_on = on

    async def _count_visitors(self) -> int | None:
        noted, self._visitors = self._visitors, set()
        try:
            return await self._session.live.visit(list(noted))
        except LiveshopError:
            self._visitors |= noted
            return None

    async def _write_views(self) -> None:
        views, self._views = self._views, Counter()
        if not views:
            return
        try:
            await self._session.node.stores[Figures].add_looks(self._session.session_id, views)
        except LiveshopError:
            self._views += views
            raise

    async def _write_sample(self, at_ms: int, visitors: int | None) -> None:
        session = self._session
        gauges, stats = session.broadcast.gauges, session.broadcast.stats
        sample = Sample(
            at_ms=at_ms,
            viewers=gauges.viewers,
            viewers_peak=gauges.viewers if stats is None else stats.viewers_peak,
            visitors=visitors,
            likes=gauges.likes,
            held=0 if stats is None else stats.held,
        )
        await session.node.stores[Figures].add_sample(session.session_id, sample)
