"""A rehearsal: the outcome of a command in a show that is stored nowhere.

Host commands are decided by `decide`, as in a real show. The decisions of the stores and the
engine there on purchases have their counterpart here, those of features in their own parts. The
crowd is made up by the page and acts as viewers do; it has no limits per buyer, because it stands
for many more people than it names.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from liveshop.core import errors
from liveshop.core.commands import Buy, Command, EndSession, HostCommand
from liveshop.core.decide import decide, due
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import Event
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Uuid
from liveshop.core.model import (
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Row,
    Sale,
    ShelfVariant,
    Status,
    sku_row,
)
from liveshop.core.pricing.price import price as price_of
from liveshop.core.rehearsal import Rehearsal, RehearsalPart
from liveshop.core.roles import Identity, Role
from liveshop.core.session import Part, replay
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.core.wire import Message
from liveshop.features.rehearsal.limits import REHEARSED_ORDERS_MAX
from liveshop.features.rehearsal.state import RehearsalState, RehearsedOrder


class CancelOrder(Command, frozen=True, kw_only=True, tag="order.cancel"):
    """Cancel an order of the rehearsal; outside of one, HTTP has an operation for it."""

    needs = Role.HOST
    order_id: Uuid


def rehearsed_commands(vocabulary: Vocabulary) -> tuple[type[Command], ...]:
    """Return the commands of a rehearsal: of hosts, of features that can be rehearsed, its own."""
    of_hosts = [kind for kind in vocabulary.commands if issubclass(kind, HostCommand)]
    of_features = [kind for hook in _hooks(vocabulary).values() for kind in hook.commands]
    return (*of_hosts, *of_features, Buy, CancelOrder)


class Rehearsed(Struct, frozen=True, kw_only=True):
    """The outcome of a command: events, the order that it made or cancelled, and the next state."""

    events: list[Event]
    order: Order | None
    state: Message


def rehearse(
    before: RehearsalState,
    command: Command | None,
    by: Identity,
    *,
    vocabulary: Vocabulary,
    now_ms: int,
    catalogue_currency: str,
) -> Rehearsed:
    """Return what follows from `command` and from the time, or raise the error that refuses it.

    Sales that are over by now end first, as they would have in a real show. Without a command
    nothing else happens. `before` has the fields of the vocabulary's features: see
    `rehearsal_state`.
    """
    step = _Step(before, vocabulary, now_ms, catalogue_currency)
    step.attempt_due()
    if command is not None:
        step.execute(command, by)
        step.attempt_due()
    return Rehearsed(events=step.events, order=step.order, state=step.message())


class _Step:
    """One step of a rehearsal; a refusal leaves it half done, and it is thrown away."""

    def __init__(
        self,
        before: RehearsalState,
        vocabulary: Vocabulary,
        now_ms: int,
        catalogue_currency: str,
    ) -> None:
        self.events: list[Event] = []
        self.order: Order | None = None
        self._before = before
        self._now_ms = now_ms
        self._catalogue_currency = catalogue_currency
        state = before.core_state(_restored(vocabulary, before))
        self._show = Rehearsal(state=state, now_ms=now_ms, chat=before.chat())
        self._parts = {name: hook(self._show, before) for name, hook in _hooks(vocabulary).items()}
        self._rows = {row.row: row for row in before.rows()}
        self._products = {product.product_id: product for product in before.catalogue()}
        self._orders = list(before.orders)

    def attempt_due(self) -> None:
        """End what is over, and tell of SKUs that sold out or came back."""
        for command in list(due(self._show.state, self._rows, self._now_ms)):
            self._decide(command)

    def execute(self, command: Command, by: Identity) -> None:
        """Carry a command out, or raise the error that refuses it."""
        if command.needs is not None and by.role < command.needs:
            raise errors.Forbidden(command.needs.word)
        match command:
            case Buy():
                self._buy(command, by)
            case CancelOrder():
                self._cancel(command)
            case HostCommand():
                self._decide(command)
            case _:
                self._parts[command.feature].execute(command, by)

    def message(self) -> Message:
        """Return the state as it stands now, for the page to keep."""
        shown = self._before.session
        left = {name: row.units for name, row in self._rows.items()}
        state, parts = self._show.state, self._parts
        gauges = Gauges.of(
            state,
            left,
            viewers=shown.viewers,
            likes=shown.likes,
            buying=shown.buying,
            parts={name: part.gauge() for name, part in parts.items()},
        )
        session = snapshot(state, gauges, self._show.chat, self._now_ms, for_staff=True)
        for sale in session["sales"]:
            sale["offset"] = state.sales[sale["product_id"]].offset
        on_shelf = {
            sku_row(variant.sku) for product in state.shelf.values() for variant in product.variants
        }
        return {
            "session": session,
            "products": [_catalogue_product(product) for product in self._products.values()],
            "kept": {
                name.removeprefix(sku_row("")): units
                for name, units in left.items()
                if name.startswith(sku_row("")) and name not in on_shelf
            },
            "numbers": to_builtins(state.numbers),
            **{name: value for part in parts.values() for name, value in part.kept().items()},
            "orders": to_builtins(self._orders),
        }

    def _decide(self, command: HostCommand | SystemCommand) -> None:
        if command.feature and command.feature not in self._show.state.parts:
            raise errors.Conflict(f"{command.feature} cannot be rehearsed")
        facts = Facts(
            now_ms=self._now_ms,
            catalogue_currency=self._catalogue_currency,
            rows=self._rows,
            product=self._products.get(getattr(command, "product_id", "")),
            found=dict(self._look_up(command)),
        )
        decision = decide(self._show.state, command, facts)
        self._move(decision)
        self._show.state = replay(self._show.state, decision.events)
        self.events.extend(decision.events)
        for part in self._parts.values():
            part.decided(command, decision.events)

    def _look_up(self, command: HostCommand | SystemCommand) -> Iterator[tuple[str, Any]]:
        """Yield what features look up for a command: their own, or all for the session's end."""
        for name, part in self._parts.items():
            if name == command.feature or isinstance(command, EndSession):
                yield name, part.look_up(command)

    def _move(self, decision: Decision) -> None:
        """Move units out of the catalogue's stock, and make the rows of sales."""
        moved = {move.sku: move.units for move in decision.moves}
        for sku, units in moved.items():
            self._change_units(sku_row(sku), units)
        for new in decision.rows:
            self._change_units(new.row, new.units)
        if moved:
            self._products = {
                product_id: _less_stock(product, moved)
                for product_id, product in self._products.items()
            }

    def _change_units(self, name: str, units: int) -> None:
        row = self._rows.get(name, Row(row=name, units=0, sold=0, version=0))
        self._rows[name] = replace(row, units=row.units + units)

    def _buy(self, command: Buy, by: Identity) -> None:
        """Order units of what is on the shelf, at the price of its sale while that runs."""
        if self._show.state.status is not Status.LIVE:
            raise errors.NotLive(self._show.state.status)
        if any(order.order_id == command.rid for order in self._orders):
            raise errors.Conflict("this rid is an order already")
        variant, sale = self._offer(command.sku)
        price = variant.price if sale is None else sale.prices[command.sku]
        if command.price is not None and price > command.price:
            raise errors.PriceChanged(command.sku, price=price)
        names = _rows_of(command.sku, sale)
        left = min(self._rows[name].units for name in names)
        if command.quantity > left:
            raise errors.SoldOut(command.sku, requested=command.quantity, left=left)
        for name in names:
            self._change_units(name, -command.quantity)
        order = RehearsedOrder(
            order_id=command.rid,
            viewer_id=by.viewer_id,
            sku=command.sku,
            quantity=command.quantity,
            price=price,
            sale=None if sale is None else sale.offset,
            at_ms=self._now_ms,
        )
        self._orders = [*self._orders, order][-REHEARSED_ORDERS_MAX:]
        self.order = self._shown(order, OrderStatus.CONFIRMED)

    def _offer(self, sku: str) -> tuple[ShelfVariant, Sale | None]:
        """Return what a SKU is on the shelf, and the sale whose price it has now."""
        found = self._show.state.offered(sku)
        if found is None:
            raise errors.NotFound("SKU", sku)
        product, variant = found
        sale = self._show.state.sales.get(product.product_id)
        if sale is None or sku not in sale.prices or not sale.active_at(self._now_ms):
            return variant, None
        return variant, sale

    def _cancel(self, command: CancelOrder) -> None:
        """Cancel an order; its units are for sale again, in its sale too while that goes on."""
        order = next((each for each in self._orders if each.order_id == command.order_id), None)
        if order is None:
            raise errors.NotFound("order", command.order_id)
        self._orders.remove(order)
        sales = (sale for sale in self._show.state.sales.values() if sale.offset == order.sale)
        for name in _rows_of(order.sku, next(sales, None)):
            self._change_units(name, order.quantity)
        self.order = self._shown(order, OrderStatus.CANCELLED)

    def _shown(self, order: RehearsedOrder, status: OrderStatus) -> Order:
        priced = price_of([order])
        line = OrderLine(
            rid=order.order_id,
            sku=order.sku,
            quantity=order.quantity,
            price=order.price,
            final=priced.finals[0],
        )
        return Order(
            order_id=order.order_id,
            session_id=self._show.state.info.id,
            viewer_id=order.viewer_id,
            status=status,
            lines=[line],
            total=priced.goods,
            currency=self._show.state.info.currency,
            at_ms=order.at_ms,
        )


def _hooks(vocabulary: Vocabulary) -> dict[str, type[RehearsalPart]]:
    """Return how features are rehearsed, by the names of those that can be."""
    return {each.name: each.rehearsal for each in vocabulary.features if each.rehearsal}


def _restored(vocabulary: Vocabulary, before: RehearsalState) -> dict[str, Part]:
    """Return the parts of a session's state; a feature that cannot be rehearsed has none."""
    restored = {name: hook.restored(before) for name, hook in _hooks(vocabulary).items()}
    return {name: part for name, part in restored.items() if part is not None}


def _rows_of(sku: str, sale: Sale | None) -> list[str]:
    """Return the rows that units of a SKU are taken from: its own, and that of its sale."""
    if sale is None or sale.units is None:
        return [sku_row(sku)]
    return [sku_row(sku), sale.row]


def _less_stock(product: Product, moved: Mapping[str, int]) -> Product:
    variants = [
        replace(variant, stock=variant.stock - moved.get(variant.sku, 0))
        for variant in product.variants
    ]
    return replace(product, variants=variants)


def _catalogue_product(product: Product) -> Message:
    shown: Message = to_builtins(product)
    return {name: shown[name] for name in ("product_id", "title", "image", "variants")}
