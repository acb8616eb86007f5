"""Compares what clients were told with what is stored; each finding names the rid or order."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.crash.history import RESOLUTIONS, Attempt, History
from tests.crash.hosting import COUPON_AMOUNT, Offer
from tests.crash.ledger import Ledger, Stored
from tests.crash.taker import CHARGED, CHARGED_LIMIT, is_taker

# A clock read by two processes of one machine, one of them waiting for the processor.
_EARLY_MS_MAX = 5


@dataclass(frozen=True)
class Finding:
    """A promise that was not kept; `ids` are those whose history tells how."""

    promise: str
    what: str
    ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.promise}  {self.what}"


def check(history: History, ledger: Ledger, offer: Offer, *, lossy: bool) -> list[Finding]:
    """Return every contradiction; `lossy` if Redis was made to forget."""
    clients = replace(
        ledger, orders={i: o for i, o in ledger.orders.items() if not is_taker(o.buyer)}
    )
    stored_by_rid = {
        line.rid: order for order in clients.orders.values() if order.bought for line in order.lines
    }
    return [
        *_told_is_stored(history, clients, stored_by_rid),
        *_stored_is_caused(history, clients),
        *_totals_add_up(ledger),
        *_coupons_are_in_totals(history, ledger),
        *_one_final_answer(history, lossy=lossy),
        *_never_early(history, lossy=lossy),
        *_given_up_is_void(history, clients),
        *_limits_hold(history, ledger, offer),
        *_units_add_up(ledger),
        *_additions_came_once(history, ledger, offer),
        *_money_has_an_end(history, ledger),
        *(Finding("P6", what) for what in history.findings),
    ]


def _told_is_stored(
    history: History, ledger: Ledger, stored_by_rid: dict[str, Stored]
) -> Iterator[Finding]:
    for attempt in history.attempts.values():
        stored = stored_by_rid.get(attempt.rid)
        if attempt.bought and stored is None:
            yield Finding("P2", f"{attempt.rid} was confirmed and is not stored", (attempt.rid,))
        elif stored is not None and not attempt.bought and attempt.decided:
            told = sorted(attempt.outcomes) or attempt.answered
            yield Finding("P5", f"{attempt.rid} is stored, told was {told}", (attempt.rid,))
    for checkout in history.checkouts.values():
        order = ledger.orders.get(checkout.order_id)
        if checkout.confirmed and (order is None or not order.bought):
            what = f"order {checkout.order_id} was confirmed and is {order}"
            yield Finding("P2", what, (checkout.order_id, *checkout.rids))
        elif order is not None and order.bought and not checkout.confirmed:
            what = f"order {checkout.order_id} is stored, told was {checkout.answered}"
            yield Finding("P5", what, (checkout.order_id, *checkout.rids))
        if order is not None and checkout.total not in (None, order.total):
            what = f"order {checkout.order_id} costs {order.total}, told was {checkout.total}"
            yield Finding("P2", what, (checkout.order_id,))
    for order_id, outcomes in history.cancels.items():
        status = ledger.orders[order_id].status if order_id in ledger.orders else "not there"
        if "ok" in outcomes and status != "cancelled":
            yield Finding("P2", f"order {order_id} was cancelled and is {status}", (order_id,))


def _stored_is_caused(history: History, ledger: Ledger) -> Iterator[Finding]:
    for order in ledger.orders.values():
        ids = (order.order_id, *(line.rid for line in order.lines))
        if not _asked_for(history, order):
            yield Finding("P1", f"nobody asked for {order}", ids)
        if order.status == "cancelled" and order.order_id not in history.cancels:
            yield Finding("P2", f"nobody cancelled {order}", ids)
        for line in order.lines:
            reserved = history.attempts[line.rid].reserved if line.rid in history.attempts else None
            if reserved is not None and reserved["price"] != line.price:
                what = f"{line.rid} was reserved at {reserved['price']} and costs {line.price}"
                yield Finding("P2", what, (line.rid,))


def _totals_add_up(ledger: Ledger) -> Iterator[Finding]:
    for order in ledger.orders.values():
        finals = sum(line.final for line in order.lines)
        if order.bought and order.total != finals:
            what = f"order {order.order_id} costs {order.total}, its lines say {finals}"
            yield Finding("P2", what, (order.order_id,))


def _coupons_are_in_totals(history: History, ledger: Ledger) -> Iterator[Finding]:
    """Find orders of which something else is off than their uses of the coupon take."""
    for order in ledger.orders.values():
        off = sum(line.price * line.quantity for line in order.lines) - order.total
        used = dict(order.charges).get(history.coupon, 0)
        if order.bought and off != used * COUPON_AMOUNT:
            what = f"order {order.order_id} has {off} off, and {used} uses of the coupon"
            yield Finding("P14", what, (order.order_id,))


def _asked_for(history: History, order: Stored) -> bool:
    """Return True if a client has sent what leads to this order, of these lines."""
    checkout, single = history.checkouts.get(order.order_id), history.attempts.get(order.order_id)
    if checkout is not None:
        buyer, rids = checkout.buyer, checkout.rids
    elif single is not None and (single.command == "buy" or order.status == "void"):
        # A cart that Redis has lost is void under its own rid, so that it stays lost.
        buyer, rids = single.buyer, [single.rid]
    else:
        return False
    if order.buyer != buyer:
        return False
    asked = [history.attempts[rid] for rid in rids]
    wanted = {(each.rid, each.sku, each.quantity) for each in asked}
    lines = {(line.rid, line.sku, line.quantity) for line in order.lines}
    # A void order may keep no lines, or only those that were overdue.
    return lines <= wanted if order.status == "void" else lines == wanted


def _one_final_answer(history: History, *, lossy: bool) -> Iterator[Finding]:
    for attempt in history.attempts.values():
        outcomes = attempt.outcomes
        # An attempt that Redis has forgotten may end as lost, then otherwise; a paid one may not.
        forgiven = lossy and "confirmed" not in outcomes and not _paid_for(attempt)
        if len(outcomes) > 1 and not forgiven:
            what = f"{attempt.rid} ({attempt.command}) was told {sorted(outcomes)}"
            yield Finding("P5", what, (attempt.rid, attempt.order_id or attempt.rid))
    for checkout in history.checkouts.values():
        errors = checkout.errors - ({"not_found"} if lossy else set())
        if checkout.confirmed and errors:
            what = f"order {checkout.order_id} was told confirmed and {sorted(errors)}"
            yield Finding("P5", what, (checkout.order_id, *checkout.rids))


def _paid_for(attempt: Attempt) -> bool:
    return attempt.command == "buy" or attempt.order_id is not None


def _never_early(history: History, *, lossy: bool) -> Iterator[Finding]:
    for attempt in history.attempts.values():
        if attempt.reserved is None or lossy:
            continue
        for what, at_ms in attempt.finals:
            deadline_ms = _deadline_ms(history, attempt, at_ms) - _EARLY_MS_MAX
            if what == "expired" and at_ms < deadline_ms:
                early = f"{attempt.rid} expired {deadline_ms - at_ms} ms before its deadline"
                yield Finding("P4", early, (attempt.rid,))
            elif what == "released" and not attempt.released:
                yield Finding("P4", f"nobody released {attempt.rid}", (attempt.rid,))


def _given_up_is_void(history: History, ledger: Ledger) -> Iterator[Finding]:
    for order_id in +history.abandoned:
        order = ledger.orders.get(order_id)
        if order is None or order.status != "void":
            yield Finding("P5", f"order {order_id} was abandoned and is {order}", (order_id,))
    for rid, code in history.refused_as.items():
        order_id = history.attempts[rid].order_id or rid
        if code == "payment_failed" and order_id not in history.failed:
            yield Finding("P5", f"nobody said that the payment of {order_id} failed", (order_id,))


def _deadline_ms(history: History, attempt: Attempt, at_ms: int) -> int:
    """Return by when an attempt ends, as far as its client had asked for it by `at_ms`.

    An order has the earliest deadline of its reservations, and all of them end with it.
    """
    rids = [attempt.rid]
    checkout = history.checkouts.get(attempt.order_id or "")
    if checkout is not None and checkout.may_be_made and (checkout.sent_at_ms or at_ms) < at_ms:
        rids += checkout.rids
    told = [history.attempts[rid].reserved for rid in rids]
    return min(int(reserved["expires_at_ms"]) for reserved in told if reserved is not None)


def _limits_hold(history: History, ledger: Ledger, offer: Offer) -> Iterator[Finding]:
    bought: Counter[tuple[str, str]] = Counter()
    for order in ledger.orders.values():
        if order.status != "confirmed":
            continue
        for line in order.lines:
            bought[order.buyer, f"s{line.sku}"] += line.quantity
            if line.sale:
                bought[order.buyer, line.sale] += line.quantity
        for row, units in order.charges:
            bought[order.buyer, row] += units
    for (buyer, scope), quantity in bought.items():
        limit = offer.sale_limit if scope.startswith("@") else offer.limit
        limit = {CHARGED: CHARGED_LIMIT, history.coupon: offer.coupon_limit}.get(scope, limit)
        if quantity > limit:
            ids = tuple(i for i, order in ledger.orders.items() if order.buyer == buyer)
            yield Finding("P1", f"{buyer} has {quantity} of {scope}, the limit is {limit}", ids)


def _units_add_up(ledger: Ledger) -> Iterator[Finding]:
    sold: Counter[str] = Counter()
    for order in ledger.orders.values():
        if order.status == "confirmed":
            for line in order.lines:
                sold[f"s{line.sku}"] += line.quantity
                if line.sale:
                    sold[line.sale] += line.quantity
            for row, units in order.charges:
                sold[row] += units
    for row in sorted(ledger.rows.keys() | sold.keys()):
        truth, copy = ledger.rows.get(row), ledger.copies.get(row)
        if truth is None:
            if not row.startswith("@"):
                yield Finding("P1", f"{row} was sold {sold[row]} times and has no units")
            continue
        if not sold[row] == truth.sold <= truth.units:
            what = f"{row}: orders {sold[row]}, sold {truth.sold}, units {truth.units}"
            yield Finding("P1", what)
        if copy is None or (copy.units, copy.sold, copy.held) != (truth.units, truth.sold, 0):
            what = f"{row}: Redis has {copy}, PostgreSQL {truth}, and nothing should be held"
            yield Finding("P4", what)


def _additions_came_once(history: History, ledger: Ledger, offer: Offer) -> Iterator[Finding]:
    units = Counter(offer.units)
    for addition in history.additions:
        if len(addition.outcomes) != 1 or not addition.outcomes <= {"ok", "sold_out"}:
            yield Finding("P5", f"the host was told {addition.answered} of {addition}")
        units[addition.sku] += addition.units * ("ok" in addition.outcomes)
    for sku, wanted in units.items():
        found = ledger.rows[f"s{sku}"].units
        if found != wanted:
            yield Finding("P1", f"{sku} has {found} units, the host was told of {wanted}")


def _money_has_an_end(history: History, ledger: Ledger) -> Iterator[Finding]:
    for payment in history.payments.values():
        ids = (payment.payment_id, payment.order_id)
        amount, status = ledger.payments.get(payment.payment_id, (None, "not there"))
        if amount != payment.amount or status not in ("applied", "refund_due"):
            what = f"payment {payment.payment_id} of {payment.amount} is {status} ({amount})"
            yield Finding("P3", what, ids)
        order = ledger.orders.get(payment.order_id)
        wanted = {"ok"} if status == "applied" else {"conflict", "expired"}
        cancelled = order is not None and order.status == "cancelled"
        if cancelled and payment.outcomes != {"expired"}:  # too late, besides another on time
            wanted = {"ok", "conflict"}  # a paid order is cancelled, and its money to be given back
        if not payment.outcomes <= wanted:
            what = f"payment {payment.payment_id} is {status}, told was {sorted(payment.outcomes)}"
            yield Finding("P3", what, ids)
    for payment_id in ledger.payments.keys() - history.payments.keys():
        yield Finding("P3", f"nobody reported payment {payment_id}", (payment_id,))


def unresolved(history: History) -> Iterator[Attempt]:
    """Yield the rids of which a client does not know the end."""
    for attempt in history.attempts.values():
        if attempt.command == "buy" and not attempt.decided:
            yield attempt


def told(history: History) -> Counter[str]:
    """Count rids by what became of them."""
    counts = Counter(
        next(iter(sorted(each.outcomes)), "not reserved" if each.reserved is None else "left")
        for each in history.attempts.values()
    )
    return Counter({what: counts[what] for what in ("confirmed", *RESOLUTIONS, "not reserved")})
