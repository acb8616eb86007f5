"""The messages of the protocol that are not events, each field in the protocol's order.

`ref` stands only where it is given: on the connection that asked, and only if it gave one.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from liveshop.core.access import Ban
from liveshop.core.model import (
    ChatMessage,
    Order,
    OrderStatus,
    ProductSums,
    Reservation,
    ReservationState,
    Totals,
)
from liveshop.core.pricing.price import Priced, Reason
from liveshop.core.roles import Identity
from liveshop.core.wire import Message, as_message


def welcome(
    ref: int | None,
    viewer: Identity | None,
    *,
    now_ms: int,
    ping_ms: int,
    reservations: Sequence[Reservation] = (),
    orders: Sequence[Message] = (),
    fields: Mapping[str, Any] = MappingProxyType({}),
) -> Message:
    """Greet a connection; `viewer` is None for an anonymous one, `fields` are those of features.

    `orders` are made by `welcome_order`.
    """
    return answer(
        "welcome",
        ref,
        viewer=None if viewer is None else _identity(viewer),
        now_ms=now_ms,
        ping_ms=ping_ms,
        reservations=[_open_reservation(each) for each in reservations if each.is_purchase],
        orders=list(orders),
        **_open_takes(reservations),
        **fields,
    )


def welcome_order(order: Order, payment_url: str | None) -> Message:
    """Return an order as a `welcome` shows it: while it is pending, with where and until when."""
    fields = confirmed(order)
    del fields["type"]
    fields["status"] = order.status.value
    if order.status is OrderStatus.PENDING:
        fields |= {"url": payment_url, "expires_at_ms": order.pay_until_ms}
    return fields


def ok(ref: int | None, **fields: Any) -> Message:
    """Say that a command was carried out; an `offset` or an `id` may come with it."""
    return answer("ok", ref, **fields)


def time(ref: int | None, *, client_ms: int, now_ms: int) -> Message:
    """Tell the clock."""
    return answer("time", ref, client_ms=client_ms, now_ms=now_ms)


def moved(retry_after_ms: int, turn: str | None = None) -> Message:
    """Ask a viewer to connect again, elsewhere, and to show the turn that it is given."""
    message = {"type": "moved", "retry_after_ms": retry_after_ms}
    return message if turn is None else message | {"turn": turn}


def reserved(reservation: Reservation, ref: int | None = None) -> Message:
    """Tell a buyer what is set aside, by when it must be paid, and at what price."""
    return answer(
        "reserved",
        ref,
        rid=reservation.rid,
        sku=reservation.sku,
        quantity=reservation.quantity,
        price=reservation.price,
        expires_at_ms=reservation.deadline_ms,
    )


def taken(reservation: Reservation, ref: int | None = None) -> Message:
    """Tell a buyer that a use of an offer is kept for it, and until when."""
    return answer(
        "taken",
        ref,
        rid=reservation.rid,
        offer=reservation.taken,
        expires_at_ms=reservation.deadline_ms,
    )


def kept(reservation: Reservation) -> Message:
    """Tell a buyer of something that is open: a reservation or a take."""
    return taken(reservation) if reservation.taken else reserved(reservation)


def reserved_over_http(reservation: Reservation) -> Message:
    """Answer `reserve` over HTTP: with the `state` once the reservation is resolved."""
    message = reserved(reservation)
    if not reservation.state.open:
        message["state"] = reservation.state.value
    return message


def resolved(reservation: Reservation, ref: int | None = None) -> Message:
    """Tell the final answer of a reservation that was not sold; `confirmed` tells of one sold.

    That of a take has `offer` in the place of `sku`, and one that was sold is `spent`.
    """
    if reservation.taken:
        return _resolved_take(reservation, ref)
    rid, sku = reservation.rid, reservation.sku
    match reservation.state:
        case ReservationState.RELEASED:
            return released(rid, sku, ref)
        case ReservationState.EXPIRED:
            return expired(rid, sku, ref)
        case ReservationState.REFUSED:
            return refused(rid, sku, reservation.code or "internal", ref)
        case state:
            raise AssertionError(f"{rid} is {state}")


def released(rid: str, sku: str, ref: int | None = None) -> Message:
    """Tell of a reservation that was given back."""
    return answer("released", ref, rid=rid, sku=sku)


def expired(rid: str, sku: str, ref: int | None = None) -> Message:
    """Tell of a reservation whose time is over."""
    return answer("expired", ref, rid=rid, sku=sku)


def refused(rid: str, sku: str, code: str, ref: int | None = None) -> Message:
    """Tell of a reservation that could not become an order, or was lost with Redis."""
    return answer("refused", ref, rid=rid, sku=sku, code=code)


def refused_take(rid: str, offer: str, code: str) -> Message:
    """Tell of a take that was lost with Redis, or no longer fitted after a loss."""
    return answer("refused", None, rid=rid, offer=offer, code=code)


def confirmed(order: Order, ref: int | None = None) -> Message:
    """Tell a buyer that an order is durable, and by which offers it costs what it does."""
    message = answer(
        "confirmed",
        ref,
        order_id=order.order_id,
        rids=order.rids,
        total=order.total,
        currency=order.currency,
        at_ms=order.at_ms,
    )
    return message | {"why": reasons(order.why)} if order.why else message


def reasons(why: Iterable[Reason]) -> list[Message]:
    """Return the reasons of a price as clients are told them."""
    return [as_message(reason) for reason in why]


def checkout(
    order_id: str,
    rids: Sequence[str],
    *,
    url: str | None,
    expires_at_ms: int,
    ref: int | None = None,
    priced: Priced | None = None,
) -> Message:
    """Tell a buyer where to pay, and by when; `url` is null if the session has no address.

    If offers have changed the price, it says how much, and why.
    """
    message = answer(
        "checkout",
        ref,
        order_id=order_id,
        rids=list(rids),
        url=url,
        expires_at_ms=expires_at_ms,
    )
    if priced is not None and priced.why:
        message |= {"total": priced.goods, "why": reasons(priced.why)}
    return message


def cancelled(order: Order) -> Message:
    """Tell a buyer that an order was cancelled."""
    return {"type": "cancelled", "order_id": order.order_id, "rids": order.rids}


def order_fields(order: Order) -> Message:
    """Return an order as HTTP shows it: the lines' finals and reasons only if offers made them."""
    fields = as_message(order)
    del fields["charges"], fields["pay_until_ms"]
    ours = ["sale", "memo"]  # no names of the protocol
    if not order.why:
        ours.append("final")
        del fields["why"]
    for line in fields["lines"]:
        for name in ours:
            del line[name]
    return fields


def order_taken(order: Order) -> Message:
    """Tell hosts of an order."""
    return {"type": "order", **order_fields(order)}


def stats(
    totals: Totals,
    *,
    held: int,
    viewers_peak: int,
    products: Mapping[str, ProductSums] = MappingProxyType({}),
) -> Message:
    """Tell hosts the session's totals; `held` are units in open reservations.

    `products` have the sums that the host does not know yet.
    """
    message: Message = {
        "type": "stats",
        "orders": totals.orders,
        "units": totals.units,
        "revenue": totals.revenue,
        "held": held,
        "viewers_peak": viewers_peak,
    }
    if products:
        message["products"] = {name: as_message(sums) for name, sums in products.items()}
    return message


def pulse(now_ms: int, changed: Message) -> Message:
    """Tell the gauges that changed, as `Gauges.changed_since` gives them."""
    return {"type": "pulse", "now_ms": now_ms, **changed}


def chat(messages: Iterable[ChatMessage], dropped: int = 0) -> Message:
    """Bring chat; `dropped` counts what nobody could have read."""
    return {
        "type": "chat",
        "messages": [as_message(message) for message in messages],
        "dropped": dropped,
    }


def session_stream(stream_url: str | None) -> Message:
    """Tell moderators where the video is, which the event before says to nobody."""
    return {"type": "session.stream", "stream_url": stream_url}


def viewer_muted(viewer_id: str, until_ms: int | None) -> Message:
    """Tell moderators of a mute: None lasts as long as the session, an instant past is unmuted."""
    return {"type": "viewer.muted", "viewer_id": viewer_id, "until_ms": until_ms}


def viewer_banned(ban: Ban) -> Message:
    """Tell moderators of a ban: None has no end, an instant past is lifted."""
    return {
        "type": "viewer.banned",
        "viewer_id": ban.viewer_id,
        "name": ban.name,
        "until_ms": ban.until_ms,
        "everywhere": ban.everywhere,
    }


def answer(kind: str, ref: int | None, **fields: Any) -> Message:
    """Return a message of a kind, with the `ref` of what it answers where that has one."""
    return {"type": kind, **fields} if ref is None else {"type": kind, "ref": ref, **fields}


def _resolved_take(take: Reservation, ref: int | None) -> Message:
    if take.state is ReservationState.REFUSED:
        return refused_take(take.rid, take.taken, take.code or "internal")
    kind = "spent" if take.state is ReservationState.SOLD else take.state.value
    return answer(kind, ref, rid=take.rid, offer=take.taken)


def _identity(viewer: Identity) -> Message:
    return {"id": viewer.viewer_id, "name": viewer.name, "role": viewer.role.word}


def _open_takes(reservations: Iterable[Reservation]) -> Message:
    """Return the field of `welcome` that tells a buyer's takes; nothing where there is none."""
    takes = [taken(each) for each in reservations if each.taken]
    for take in takes:
        del take["type"]
    return {"taken": takes} if takes else {}


def _open_reservation(reservation: Reservation) -> Message:
    return {
        "rid": reservation.rid,
        "sku": reservation.sku,
        "quantity": reservation.quantity,
        "price": reservation.price,
        "expires_at_ms": reservation.deadline_ms,
        "state": reservation.state.value,
        "order_id": reservation.order_id,
    }
