"""Makes copies of a session: reads what goes along, and stores the copies, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anyio.lowlevel import checkpoint

from liveshop.core.commands import AddProduct
from liveshop.core.decision import Decision
from liveshop.core.errors import LimitReached, SoldOut
from liveshop.core.model import Product
from liveshop.core.roles import Identity
from liveshop.core.session import SessionInfo, SessionState, replay
from liveshop.core.shelving import Shelving, SkuUnits, short_of
from liveshop.edge.http.operations import Services
from liveshop.engine.rooms.logged import read_session
from liveshop.engine.until_known import until_known
from liveshop.features.planning.rules import REPEATED_SKUS_MAX, SaveOrigin, wishes
from liveshop.stores.postgres.beginnings import Beginning, Beginnings
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The session that is copied: its state, its shelf as wishes, and what features take along.

    `products` are those of the catalogue, with their free units.
    """

    state: SessionState
    wishes: Sequence[AddProduct]
    products: Mapping[str, Product]
    kept: Sequence[Decision]
    now_ms: int

    @property
    def skus(self) -> list[str]:
        """The SKUs on the shelf."""
        return [sku for wish in self.wishes for sku in wish.units]

    def free(self) -> dict[str, int]:
        """Return the free units of the catalogue by SKU, as they were a moment ago."""
        return {
            variant.sku: variant.stock
            for product in self.products.values()
            for variant in product.variants
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The request for copies of one session, by whom, and under which name it is recorded.

    `asked` is what a request that comes again has to have in common with the first.
    """

    services: Services
    source: Source
    by: Identity
    action: str
    asked: Mapping[str, Any]
    all_or_nothing: bool

    async def store(self, infos: Sequence[SessionInfo]) -> set[str]:
        """Store the copies that are not there yet; return which these were."""
        skus = sorted({sku for wish in self.source.wishes for sku, n in wish.units.items() if n})
        beginnings = self.services.stores[Beginnings]
        made: set[str] = set()

        async def attempt(again: bool) -> None:
            source_id, now_ms = self.source.state.info.id, self.source.now_ms
            made.update(await beginnings.store(source_id, infos, skus, self._begin, now_ms))
            if again and not made:
                made.update(info.id for info in infos)

        await until_known(attempt)
        return made

    async def planned(
        self, infos: Sequence[SessionInfo]
    ) -> list[tuple[SessionState, list[SkuUnits]]]:
        """Return what the copies would be, with the units that each would get."""
        free = self.source.free()
        shelvings = [await self._shelve(info, free) for info in infos]
        kept = [event for each in self.source.kept for event in each.events]
        return [(replay(shelving.state, kept), shelving.units) for shelving in shelvings]

    async def _begin(
        self, infos: Sequence[SessionInfo], free: dict[str, int]
    ) -> Sequence[Beginning]:
        return [await self._beginning(info, free) for info in infos]

    async def _beginning(self, info: SessionInfo, free: dict[str, int]) -> Beginning:
        shelving, kept = await self._shelve(info, free), self.source.kept
        source_id = self.source.state.info.id
        origin = SaveOrigin(source_id=source_id, asked=dict(self.asked), units=shelving.units)
        return Beginning(
            info=info,
            decision=Decision(
                events=(*shelving.events, *(event for each in kept for event in each.events)),
                moves=tuple(shelving.moves),
                writes=(origin, *(write for each in kept for write in each.writes)),
            ),
            activity=self.services.engine.node.activity.entry(
                self.by, self.action, about=source_id, session_id=info.id, shop=info.shop
            ),
        )

    async def _shelve(self, info: SessionInfo, free: dict[str, int]) -> Shelving:
        node = self.services.engine.node
        shelving = Shelving(
            node.vocabulary.new_state(info, info.first_status),
            now_ms=self.source.now_ms,
            catalogue_currency=node.settings.currency,
            free=free,
        )
        for wish in self.source.wishes:
            shelving.add(wish, self.source.products.get(wish.product_id))
            await checkpoint()  # a full shelf takes long, and viewers are served in between
        short = short_of(shelving.units)
        if self.all_or_nothing and short is not None:
            raise SoldOut(short.sku, requested=short.asked, left=short.got)
        return shelving


async def read_source(
    services: Services, session_id: str, *, copies: int, with_units: bool
) -> Source:
    """Read a session that is to be copied; LimitReached if all the copies were too large."""
    node, stores = services.engine.node, services.stores
    logged = await read_session(stores[Sessions], session_id)
    state = replay(logged.first_state, logged.events)
    skus = [variant.sku for product in state.shelf.values() for variant in product.variants]
    if copies * len(skus) > REPEATED_SKUS_MAX:
        left = REPEATED_SKUS_MAX // max(1, len(skus))
        raise LimitReached("SKUs of shows planned at once", limit=REPEATED_SKUS_MAX, left=left)
    units = await stores[Beginnings].allocated(session_id) if with_units else {}
    now_ms, kept = node.now_ms(), list[Decision]()
    for copied in node.vocabulary.copiers:
        offset = 1 + len(state.shelf) + sum(len(each.events) for each in kept)
        kept.append(await copied(stores, session_id, offset, now_ms))
    return Source(
        state=state,
        wishes=list(wishes(state, units)),
        products=await stores[Catalogue].offered(list(state.shelf), skus),
        kept=kept,
        now_ms=now_ms,
    )
