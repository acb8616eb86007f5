"""The messages to buyers and hosts about an order, once PostgreSQL has decided about it."""

from collections.abc import Callable
from time import perf_counter

from msgspec.structs import replace

from liveshop.core import errors, limits, messages
from liveshop.core.errors import LiveshopError
from liveshop.core.model import Order, OrderLine, OrderStatus, sku_row
from liveshop.core.wire import Message
from liveshop.engine.fanout.mailbox import Asker
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.purchase.ordered import Ordered, resolved
from liveshop.engine.rooms.session import Session
from liveshop.stores.postgres.order_records import Outcome, Verdict


class OrderAnnouncer:
    """Answers those who asked for an order, and tells its buyer and the hosts.

    Called after COMMIT: all that is told here is durable.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def announce(self, ordered: Ordered, outcome: Outcome, stored: Order | None) -> None:
        """Tell the askers, the buyer and the hosts; `stored` if PostgreSQL had the order before."""
        for reservation in ordered.reservations:
            self._session.note(outcome.verdict.value, reservation.rid, order=ordered.order_id)
        match outcome.verdict:
            case Verdict.CONFIRMED:
                order = stored or self._order(ordered, outcome)
                if stored is not None:
                    self._tell_prices(ordered, stored)
                if outcome.new:
                    passed_s = perf_counter() - ordered.asked_s
                    self._session.node.metrics.purchase_seconds.observe(passed_s)
                self.confirmed(order, ordered.askers, new=outcome.new)
            case Verdict.PENDING:
                self._tell_checkout(ordered)
            case verdict:
                self._tell_refused(ordered, verdict)

    def confirmed(self, order: Order, askers: list[Asker] | None = None, *, new: bool) -> None:
        """Tell an order's buyer that it is durable, and the hosts if it is new.

        Empties the list of askers.
        """
        session = self._session
        asked = _answer(askers or [], lambda ref: messages.confirmed(order, ref))
        session.mailbox.tell(order.viewer_id, messages.confirmed(order), but=asked)
        if new:
            session.node.metrics.confirmed.inc()
            session.node.metrics.units_sold.inc(sum(line.quantity for line in order.lines))
            session.mailbox.tell_order(order)
            for sold in session.hear_sold:
                sold(order)

    def _tell_prices(self, ordered: Ordered, stored: Order) -> None:
        """Tell at what prices reservations were made that were made a second time at others."""
        prices = {line.rid: line.price for line in stored.lines}
        for reservation in ordered.reservations:
            first = replace(reservation, price=prices.get(reservation.rid, reservation.price))
            if first != reservation:
                self._session.mailbox.tell(ordered.buyer, messages.reserved(first))

    def _order(self, ordered: Ordered, outcome: Outcome) -> Order:
        priced = ordered.priced
        assert outcome.at_ms is not None, "a confirmed order has its instant"
        assert priced is not None, "a confirmed order was priced"
        lines = [
            OrderLine(
                rid=reservation.rid,
                sku=reservation.sku,
                quantity=reservation.quantity,
                price=reservation.price,
                final=final,
                sale=reservation.sale,
                memo=reservation.memo,
            )
            for reservation, final in zip(ordered.reservations, priced.finals, strict=True)
        ]
        return Order(
            order_id=ordered.order_id,
            session_id=self._session.session_id,
            viewer_id=ordered.buyer,
            status=OrderStatus.CONFIRMED,
            lines=lines,
            total=priced.goods,
            currency=self._session.state.info.currency,
            at_ms=outcome.at_ms,
            why=priced.why,
        )

    def _tell_checkout(self, ordered: Ordered) -> None:
        url = self._session.state.info.payment_url(ordered.order_id)

        def message(ref: int | None) -> Message:
            return messages.checkout(
                ordered.order_id,
                [reservation.rid for reservation in ordered.reservations],
                url=url,
                expires_at_ms=ordered.pay_until_ms,
                ref=ref,
                priced=ordered.priced,
            )

        asked = _answer(ordered.askers, message)
        self._session.mailbox.tell(ordered.buyer, message(None), but=asked)

    def _tell_refused(self, ordered: Ordered, verdict: Verdict) -> None:
        self._session.node.metrics.refused.labels(verdict.value).inc()
        while ordered.askers:
            ordered.askers.pop(0).refuse(self._refusal(ordered, verdict))
        for reservation in ordered.reservations:
            told = messages.resolved(resolved(reservation, verdict))
            self._session.mailbox.tell(reservation.buyer, told)

    def _refusal(self, ordered: Ordered, verdict: Verdict) -> LiveshopError:
        what, first = f"the order {ordered.order_id}", ordered.reservations[0]
        quantity = sum(reservation.quantity for reservation in ordered.reservations)
        match verdict:
            case Verdict.EXPIRED | Verdict.UNAVAILABLE:
                return errors.Expired(what)
            case Verdict.RELEASED | Verdict.PAYMENT_FAILED:
                return errors.Expired(what)
            case Verdict.SOLD_OUT:
                return errors.SoldOut(what, requested=quantity, left=0)
            case Verdict.LIMIT:
                limit = self._session.limits.now(sku_row(first.sku))
                return errors.LimitReached(what, limit=limit or limits.LIMIT_UNITS_MAX, left=0)
            case _:
                return errors.Conflict(f"the id {ordered.order_id} belongs to another order")


def _answer(askers: list[Asker], message: Callable[[int | None], Message]) -> Viewer | None:
    """Answer each asker once and take it off the list; return the connection of the first."""
    asked = askers[0].viewer if askers else None
    while askers:
        asker = askers.pop(0)
        asker.answer(message(asker.ref))
    return asked
