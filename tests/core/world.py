"""A session with the facts around it, all in memory, for tests of the core."""

from collections.abc import Iterable

from msgspec.structs import replace

from liveshop.core.commands import AddProduct, HostCommand, StartSession
from liveshop.core.decide import decide
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import Event
from liveshop.core.model import ChatMessage, Person, Product, Row, Status, Variant, sku_row
from liveshop.core.session import SessionInfo, replay
from tests.vocabulary import VOCABULARY

NOW_MS = 1_790_000_000_000
STREAM = "https://video.example/live.m3u8"


def make_product(product_id: str = "shirt", *, stock: int = 100) -> Product:
    """Return a product of two variants, `<id>-M` at 50.00 and `<id>-L` at 60.00."""
    variants = [
        Variant(sku=f"{product_id}-M", label="M", price=5000, stock=stock),
        Variant(sku=f"{product_id}-L", label="L", price=6000, was=7000, stock=stock),
    ]
    return Product(product_id=product_id, title=product_id.title(), variants=variants)


def make_chat(chat_id: str = "1-0", text: str = "hi") -> ChatMessage:
    """Return a line of chat."""
    return ChatMessage(id=chat_id, at_ms=NOW_MS, viewer=Person(id="u_7", name="Bo"), text=text)


class CoreWorld:
    """Carries out decisions the way the stores do: stock leaves the catalogue, rows grow."""

    def __init__(self, status: Status = Status.LIVE, currency: str = "EUR") -> None:
        info = SessionInfo(
            id="s1",
            title="Autumn drop",
            currency=currency,
            payment="direct",
            hold_ms=300_000,
            stream_url=STREAM,
        )
        start = Status.SCHEDULED if status is Status.LIVE else status
        self.state = VOCABULARY.new_state(info, start)
        self.now_ms = NOW_MS
        self.rows: dict[str, Row] = {}
        self.products: dict[str, Product] = {}
        self.chat: list[ChatMessage] = []
        self.log: list[Event] = []
        if status is Status.LIVE:
            self.do(StartSession())

    def facts(self, command: HostCommand | SystemCommand) -> Facts:
        """Return what the stores would look up for a command."""
        chat_id = getattr(command, "id", None)
        return Facts(
            now_ms=self.now_ms,
            catalogue_currency="EUR",
            rows=dict(self.rows),
            product=self.products.get(getattr(command, "product_id", "")),
            found={"chat": next((each for each in self.chat if each.id == chat_id), None)},
        )

    def decide(self, command: HostCommand | SystemCommand) -> Decision:
        """Decide a command and carry nothing out."""
        return decide(self.state, command, self.facts(command))

    def do(self, command: HostCommand | SystemCommand) -> tuple[Event, ...]:
        """Decide a command and carry it out."""
        decision = self.decide(command)
        if decision.done:
            return decision.events
        for move in decision.moves:
            row = self.rows.get(sku_row(move.sku), Row(row=move.sku, units=0, sold=0, version=0))
            self.rows[sku_row(move.sku)] = replace(
                row, units=row.units + move.units, version=row.version + 1
            )
            self._take_stock(move.sku, move.units)
        for new in decision.rows:
            self.rows[new.row] = Row(row=new.row, units=new.units, sold=0, version=1)
        self.state = replay(self.state, decision.events)
        self.log.extend(decision.events)
        return decision.events

    def shelve(self, *product_ids: str, units: int = 10) -> None:
        """Put products on the shelf, `units` of each SKU."""
        for product_id in product_ids:
            product = self.products.setdefault(product_id, make_product(product_id))
            wanted = {variant.sku: units for variant in product.variants}
            self.do(AddProduct(product_id=product_id, units=wanted))

    def set_sold(self, row: str, sold: int) -> None:
        """Say how many units of a row are sold."""
        old = self.rows[row]
        self.rows[row] = replace(old, sold=sold, version=old.version + 1)

    def _take_stock(self, sku: str, units: int) -> None:
        for product in self.products.values():
            if any(variant.sku == sku for variant in product.variants):
                self.products[product.product_id] = replace(
                    product, variants=_less(product.variants, sku, units)
                )


def _less(variants: Iterable[Variant], sku: str, units: int) -> list[Variant]:
    return [
        replace(variant, stock=variant.stock - units) if variant.sku == sku else variant
        for variant in variants
    ]
