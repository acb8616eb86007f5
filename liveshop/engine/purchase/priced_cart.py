"""Orders by the offers of a session: what is held is priced, then taken with what offers take."""

from collections.abc import Callable, Sequence
from typing import Final

from liveshop.core import messages
from liveshop.core.commands import Buy, Checkout
from liveshop.core.errors import (
    Busy,
    LimitReached,
    LiveshopError,
    NotFound,
    PriceChanged,
    SoldOut,
    TotalChanged,
)
from liveshop.core.model import Reservation, ReservationState
from liveshop.core.pricing.price import price
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.purchase.cart import Cart
from liveshop.engine.purchase.combiner import Combiner, Purchase
from liveshop.engine.purchase.ordered import Ordered
from liveshop.engine.purchase.pricing import NOTHING_WANTED, Quote, Wanted
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.orders import Orders
from liveshop.stores.redis.unit_records import PayReply, ReserveLine

# Others may take what is left of an offer between the price and the call: then it is priced again.
_ATTEMPTS_MAX: Final = 8
_GIVEN_BACK: Final = (LimitReached, NotFound, PriceChanged, SoldOut)


class PricedCart:
    """Prices what is held, and orders it at that price or not at all.

    The price is known before the call that orders, since that call takes the units of offers too,
    all or none. Units may be gone by then that a look has found: the call says which row lacks
    them, and another look tells how many are left.
    """

    def __init__(
        self, session: Session, cart: Cart, combiner: Combiner, start: Callable[..., None]
    ) -> None:
        """Orders of a `buy` that is held are tasks of the room, which it starts by `start`."""
        self._session = session
        self._cart = cart
        self._combiner = combiner
        self._start = start
        combiner.on_held_buy = self._take_over

    async def carry_out(
        self, buyer: str, command: Buy | Checkout, asker: Asker, wanted: Wanted
    ) -> None:
        """Order what is held, or hold what is bought first; raises what refuses it."""
        if isinstance(command, Buy):
            await self._buy(buyer, command, asker, wanted)
        elif wanted is NOTHING_WANTED and not self._session.pricing.looks:
            await self._cart.checkout(buyer, command.order_id, command.rids, asker)
        else:
            await self._checkout(buyer, command.order_id, command.rids, asker, wanted)

    async def _buy(self, buyer: str, command: Buy, asker: Asker, wanted: Wanted) -> None:
        """Hold what a `buy` wants; it is ordered once it is priced."""
        await self._named(buyer, wanted, command.rid, [command.rid])
        busy = self._combiner.refuses(command.rid, buys=True)
        if busy is not None:
            raise busy
        line = ReserveLine(
            rid=command.rid,
            buyer=buyer,
            command="buy",
            sku=command.sku,
            quantity=command.quantity,
            price=command.price,
            waits=True,
        )
        self._combiner.offer(Purchase(line, asker, wanted=wanted))

    def _take_over(self, held: Reservation, purchase: Purchase) -> None:
        try:
            self._start(self._order_held, held, purchase)
        except Busy:
            self._session.note("waits", held.rid, code=Busy.code)

    async def _order_held(self, held: Reservation, purchase: Purchase) -> None:
        """Order a `buy` that is held, or give it back and tell its buyer why."""

        def ordered(reply: PayReply, epoch: int) -> Ordered:
            return Ordered(
                held.rid,
                reply.reservations,
                epoch=epoch,
                charge=reply.charge,
                asked_s=purchase.asked_s,
                taken_s=purchase.taken_s,
                call=purchase.call,
            )

        try:
            await self._order(held.buyer, held.rid, [held.rid], purchase.wanted, ordered)
        except _GIVEN_BACK as refusal:
            self._session.node.metrics.refused.labels(refusal.code).inc()
            await self._cart.refuse(held.buyer, held.rid, refusal.code)
        except LiveshopError as refusal:
            # It stays held: sent again it is ordered, and at its deadline it is given back.
            self._session.note("waits", held.rid, code=refusal.code)

    async def _checkout(
        self, buyer: str, order_id: str, rids: list[str], asker: Asker, wanted: Wanted
    ) -> None:
        """Order reservations as `Cart.checkout` does, at a price by offers."""

        def ordered(reply: PayReply, epoch: int) -> Ordered:
            return Ordered(order_id, reply.reservations, [asker], epoch=epoch, charge=reply.charge)

        await self._order(buyer, order_id, rids, wanted, ordered)

    async def _order(
        self,
        buyer: str,
        order_id: str,
        rids: list[str],
        wanted: Wanted,
        ordered: Callable[[PayReply, int], Ordered],
    ) -> None:
        named = await self._named(buyer, wanted, order_id, rids)
        for attempt in range(_ATTEMPTS_MAX):
            quote = await self._quote(buyer, rids, named, wanted)
            charges = () if quote is None else quote.charges
            reply, epoch = await self._cart.pay(buyer, order_id, rids, charges)
            if reply.lacks is None or attempt == _ATTEMPTS_MAX - 1:
                break
        if reply.refusal is not None:
            raise reply.refusal
        for spent in reply.spent:
            self._session.mailbox.tell(buyer, messages.resolved(spent))
        order = ordered(reply, epoch)
        if quote is not None and not reply.known:
            # Of an order that is known, what it took then says what it costs: the writer prices it.
            order.priced, order.priced_at = quote.priced, quote.offset
        await self._cart.order(reply, order)

    async def _quote(
        self, buyer: str, rids: Sequence[str], named: frozenset[str], wanted: Wanted
    ) -> Quote | None:
        """Return the price of what is held; raises TotalChanged if its buyer saw a lower one.

        None of what is in an order already, or cannot be ordered: the call says why not.
        """
        session, offering = self._session, self._session.pricing.offering
        rows = () if offering is None else offering.rows(named)
        look = await session.units.cart(buyer, sorted(set(rids)), rows)
        lines = look.reservations
        if len(lines) < len(set(rids)) or not all(_is_held_by(buyer, each) for each in lines):
            return None
        if offering is None:
            quote = Quote(priced=price(lines), charges=(), offset=session.state.offset)
        else:
            quote = await offering.quote(buyer, lines, named, look)
        if wanted.total is not None and quote.priced.goods > wanted.total:
            raise TotalChanged(total=quote.priced.goods)
        return quote

    async def _named(
        self, buyer: str, wanted: Wanted, order_id: str, rids: Sequence[str]
    ) -> frozenset[str]:
        """Return the offers that a buyer names; none for an order that there is already.

        A replay may come after the end of its offer. If it were refused, its buyer would take a
        purchase for lost that was made.
        """
        if not wanted.codes:
            return frozenset()
        offering = self._session.pricing.offering
        try:
            if offering is None:
                raise NotFound("offer", "of this name")
            return await offering.named(buyer, wanted.codes, wanted.address)
        except LiveshopError:
            if await self._is_ordered(buyer, order_id, rids):
                return frozenset()
            raise

    async def _is_ordered(self, buyer: str, order_id: str, rids: Sequence[str]) -> bool:
        look = await self._session.units.cart(buyer, sorted(set(rids)))
        if any(each.buyer == buyer and each.order_id is not None for each in look.reservations):
            return True
        orders = await self._session.node.stores[Orders].many([order_id])
        return any(order.viewer_id == buyer for order in orders.values())


def _is_held_by(buyer: str, reservation: Reservation) -> bool:
    return (
        reservation.buyer == buyer
        and reservation.is_purchase
        and reservation.state is ReservationState.HELD
    )
