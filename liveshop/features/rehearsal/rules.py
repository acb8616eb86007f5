"""A rehearsal: the outcome of a command in a show that is stored nowhere.

Host commands are decided by `decide`, as in a real show. The decisions of the stores and the
engine there, on chat, mutes and purchases, have their counterpart here. The crowd is made up by
the page and acts as viewers do; it has no limits per buyer, because it stands for many more
people than it names.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from liveshop.core import errors, limits
from liveshop.core.commands import Buy, Command, HostCommand
from liveshop.core.decide import decide, due
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import Event
from liveshop.core.fields import Uuid
from liveshop.core.model import (
    ChatMessage,
    Order,
    OrderLine,
    OrderStatus,
    Person,
    Product,
    Row,
    Sale,
    ShelfVariant,
    Status,
    sku_row,
)
from liveshop.core.pricing.price import price as price_of
from liveshop.core.roles import Identity, Role
from liveshop.core.session import replay
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.core.wire import Message
from liveshop.core.words import WordFilter
from liveshop.features.chat.rules import (
    BlockWords,
    ChatDeleted,
    ChatPart,
    MuteViewer,
    Say,
    UnmuteViewer,
)
from liveshop.features.rehearsal.state import RehearsalState, RehearsedOrder

_QUIET: Final = (Status.DRAFT, Status.ENDED)


class CancelOrder(Command, frozen=True, kw_only=True, tag="order.cancel"):
    """Cancel an order of the rehearsal; outside of one, HTTP has an operation for it."""

    needs = Role.HOST
    order_id: Uuid


# In a node's vocabulary a rehearsal has the commands of hosts, and these.
OTHER_COMMANDS: Final = (Say, MuteViewer, UnmuteViewer, Buy, CancelOrder)


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
    now_ms: int,
    catalogue_currency: str,
) -> Rehearsed:
    """Return what follows from `command` and from the time, or raise the error that refuses it.

    Sales that are over by now end first, as they would have in a real show. Without a command
    nothing else happens.
    """
    rehearsal = _Rehearsal(before, now_ms, catalogue_currency)
    rehearsal.attempt_due()
    if command is not None:
        rehearsal.execute(command, by)
        rehearsal.attempt_due()
    return Rehearsed(events=rehearsal.events, order=rehearsal.order, state=rehearsal.message())


class _Rehearsal:
    """One step of a rehearsal; a refusal leaves it half done, and it is thrown away."""

    def __init__(self, before: RehearsalState, now_ms: int, catalogue_currency: str) -> None:
        self.events: list[Event] = []
        self.order: Order | None = None
        self._before = before
        self._now_ms = now_ms
        self._catalogue_currency = catalogue_currency
        self._state = before.core_state()
        self._rows = {row.row: row for row in before.rows()}
        self._products = {product.product_id: product for product in before.catalogue()}
        self._chat = before.chat()
        self._words = before.words
        self._muted = dict(before.muted)
        self._orders = list(before.orders)

    def attempt_due(self) -> None:
        """End the sales that are over, and tell of SKUs that sold out or came back."""
        for command in list(due(self._state, self._rows, self._now_ms)):
            self._decide(command)

    def execute(self, command: Command, by: Identity) -> None:
        """Carry a command out, or raise the error that refuses it."""
        if command.needs is not None and by.role < command.needs:
            raise errors.Forbidden(command.needs.word)
        match command:
            case Say():
                self._say(command, by)
            case MuteViewer(viewer_id=viewer_id, duration_ms=duration_ms):
                until_ms = None if duration_ms is None else self._now_ms + duration_ms
                self._muted[viewer_id] = until_ms
            case UnmuteViewer(viewer_id=viewer_id):
                if not self._is_muted(viewer_id):
                    raise errors.Conflict(f"{viewer_id} is not muted")
                del self._muted[viewer_id]
            case Buy():
                self._buy(command, by)
            case CancelOrder():
                self._cancel(command)
            case _:
                assert isinstance(command, HostCommand), "the others are listed"
                self._decide(command)
                if isinstance(command, BlockWords):
                    self._words = list(dict.fromkeys(command.words))

    def message(self) -> Message:
        """Return the state as it stands now, for the page to keep."""
        shown = self._before.session
        left = {name: row.units for name, row in self._rows.items()}
        gauges = Gauges.of(
            self._state, left, viewers=shown.viewers, likes=shown.likes, buying=shown.buying
        )
        session = snapshot(self._state, gauges, self._chat, self._now_ms)
        for sale in session["sales"]:
            sale["offset"] = self._state.sales[sale["product_id"]].offset
        on_shelf = {
            sku_row(variant.sku)
            for product in self._state.shelf.values()
            for variant in product.variants
        }
        return {
            "session": session,
            "products": [_catalogue_product(product) for product in self._products.values()],
            "kept": {
                name.removeprefix(sku_row("")): units
                for name, units in left.items()
                if name.startswith(sku_row("")) and name not in on_shelf
            },
            "words": self._words,
            "muted": self._muted,
            "orders": to_builtins(self._orders),
        }

    def _decide(self, command: HostCommand | SystemCommand) -> None:
        if command.feature and command.feature not in self._state.parts:
            raise errors.Conflict(f"{command.feature} cannot be rehearsed")
        chat_id = getattr(command, "id", None)
        facts = Facts(
            now_ms=self._now_ms,
            catalogue_currency=self._catalogue_currency,
            rows=self._rows,
            product=self._products.get(getattr(command, "product_id", "")),
            found={
                "chat": next((each for each in self._chat if each.id == chat_id), None),
            },
        )
        decision = decide(self._state, command, facts)
        self._move(decision)
        self._state = replay(self._state, decision.events)
        self.events.extend(decision.events)
        gone = {event.id for event in decision.events if isinstance(event, ChatDeleted)}
        self._chat = [message for message in self._chat if message.id not in gone]

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

    def _say(self, command: Say, by: Identity) -> None:
        if self._state.status in _QUIET:
            raise errors.Conflict(f"the session is {self._state.status}")
        if by.role < Role.MODERATOR:
            if WordFilter(self._words).finds(command.text):
                raise errors.Conflict("the message has a word that is blocked here")
            self._refuse_haste(by.viewer_id)
        if self._is_muted(by.viewer_id):
            return  # heard by nobody else, and nobody is told
        same_ms = sum(message.at_ms == self._now_ms for message in self._chat)
        message = ChatMessage(
            id=f"{self._now_ms}-{same_ms}",
            at_ms=self._now_ms,
            viewer=Person(id=by.viewer_id, name=by.name),
            text=command.text,
        )
        self._chat = [*self._chat, message][-limits.CHAT_TAIL_MESSAGES :]

    def _refuse_haste(self, viewer_id: str) -> None:
        """Raise RateLimited for a viewer whose last message is too new for the slow mode."""
        said_ms = [message.at_ms for message in self._chat if message.viewer.id == viewer_id]
        if said_ms and said_ms[-1] + ChatPart.of(self._state).slow_ms > self._now_ms:
            wait_ms = said_ms[-1] + ChatPart.of(self._state).slow_ms - self._now_ms
            raise errors.RateLimited(retry_after_ms=wait_ms)

    def _is_muted(self, viewer_id: str) -> bool:
        until_ms = self._muted.get(viewer_id, 0)
        return until_ms is None or until_ms > self._now_ms

    def _buy(self, command: Buy, by: Identity) -> None:
        """Order units of what is on the shelf, at the price of its sale while that runs."""
        if self._state.status is not Status.LIVE:
            raise errors.NotLive(self._state.status)
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
        self._orders = [*self._orders, order][-limits.REHEARSED_ORDERS_MAX :]
        self.order = self._shown(order, OrderStatus.CONFIRMED)

    def _offer(self, sku: str) -> tuple[ShelfVariant, Sale | None]:
        """Return what a SKU is on the shelf, and the sale whose price it has now."""
        found = self._state.offered(sku)
        if found is None:
            raise errors.NotFound("SKU", sku)
        product, variant = found
        sale = self._state.sales.get(product.product_id)
        if sale is None or sku not in sale.prices or not sale.active_at(self._now_ms):
            return variant, None
        return variant, sale

    def _cancel(self, command: CancelOrder) -> None:
        """Cancel an order; its units are for sale again, in its sale too while that goes on."""
        order = next((each for each in self._orders if each.order_id == command.order_id), None)
        if order is None:
            raise errors.NotFound("order", command.order_id)
        self._orders.remove(order)
        sales = (sale for sale in self._state.sales.values() if sale.offset == order.sale)
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
            session_id=self._state.info.id,
            viewer_id=order.viewer_id,
            status=status,
            lines=[line],
            total=priced.goods,
            currency=self._state.info.currency,
            at_ms=order.at_ms,
        )


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
    del shown["description"]
    return shown
