"""A snapshot with all later events and gauges applied equals a fresh one."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from liveshop.core import limits, messages, wire
from liveshop.core.commands import (
    AddProduct,
    AddStock,
    EndSale,
    EndSession,
    HostCommand,
    OrderShelf,
    PauseSession,
    PinProduct,
    RemoveProduct,
    RepriceProduct,
    ResumeSession,
    StartSale,
    StartSession,
    UnpinProduct,
    UpdateSession,
)
from liveshop.core.decide import due
from liveshop.core.decision import MarkRestocked, MarkSoldOut, SystemCommand
from liveshop.core.errors import LiveshopError
from liveshop.core.events import SaleEnded, SaleStarted, StockAdded
from liveshop.core.model import Status, sku_row
from liveshop.core.session import SessionState, replay
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.core.stream import for_viewers, hides_stream, is_about_stream
from liveshop.features.chat.rules import (
    BlockWords,
    ChatPart,
    DeleteChat,
    PinChat,
    SlowChat,
    UnpinChat,
)
from tests.core.world import NOW_MS, STREAM, CoreWorld, make_chat, make_product
from tests.reference_client import ReferenceClient
from tests.vocabulary import VOCABULARY

PRODUCTS = [f"p{number}" for number in range(4)]
SIZES = ["M", "L"]
STOCK = 20
RIDS = [str(UUID(int=number)) for number in range(3)]
CHAT_IDS = [f"{number}-0" for number in range(5)]

_products = st.sampled_from(PRODUCTS)
_sizes = st.sampled_from(SIZES)
_chat_ids = st.sampled_from(CHAT_IDS)
_units = st.dictionaries(_sizes, st.integers(1, 6), min_size=1)
_prices = st.dictionaries(_sizes, st.integers(0, 6000), min_size=1)


_VARIANTS = [
    {"sku": "shirt-M", "label": "M", "price": 5000, "was": None, "limit": 10, "left": 7},
    {"sku": "shirt-L", "label": "L", "price": 6000, "was": 7000, "limit": 10, "left": 10},
]
_SHIRT = {
    "product_id": "shirt",
    "title": "Shirt",
    "image": None,
    "variants": [{**variant, "number": number} for number, variant in enumerate(_VARIANTS, 1)],
    "number": 1,
}


def _of(product_id: str, by_size: dict[str, int]) -> dict[str, int]:
    return {f"{product_id}-{size}": value for size, value in by_size.items()}


class SessionMachine(RuleBasedStateMachine):
    """A session on a node; a viewer and a host who joined at its start and missed nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = CoreWorld(Status.SCHEDULED)
        self.world.products = {name: make_product(name, stock=STOCK) for name in PRODUCTS}
        self.start = self.world.state
        self.shown = self._gauges()
        self.client, self.host = ReferenceClient(), ReferenceClient()
        self._tell(snapshot(self.world.state, self.shown, (), NOW_MS))
        self._tell_host(snapshot(self.world.state, self.shown, (), NOW_MS, for_staff=True))
        for name in PRODUCTS:
            self._attempt(AddProduct(product_id=name, units={f"{name}-M": 4, f"{name}-L": 2}))

    @initialize(live=st.sampled_from([True, True, False]))
    def start_at_once(self, live: bool) -> None:
        if live:
            self._attempt(StartSession())

    @rule(name=_products, units=_units, prices=st.none() | _prices)
    def add(self, name: str, units: dict[str, int], prices: dict[str, int] | None) -> None:
        own_prices = None if prices is None else _of(name, prices)
        self._attempt(AddProduct(product_id=name, units=_of(name, units), prices=own_prices))

    @rule(name=_products)
    def remove(self, name: str) -> None:
        self._attempt(RemoveProduct(product_id=name))

    @rule(name=_products, units=_units, rid=st.none() | st.sampled_from(RIDS))
    def add_stock(self, name: str, units: dict[str, int], rid: str | None) -> None:
        self._attempt(AddStock(product_id=name, units=_of(name, units), rid=rid))

    @rule(name=_products, prices=_prices)
    def reprice(self, name: str, prices: dict[str, int]) -> None:
        self._attempt(RepriceProduct(product_id=name, prices=_of(name, prices)))

    @rule(name=_products, kind=st.sampled_from([PinProduct, PinProduct, UnpinProduct]))
    def pin(self, name: str, kind: type[PinProduct | UnpinProduct]) -> None:
        self._attempt(kind(product_id=name))

    @rule(
        name=_products,
        percent=st.integers(1, 99),
        units=st.none() | st.integers(1, 6),
        starts_in_ms=st.sampled_from([0, 10_000]),
    )
    def start_sale(self, name: str, percent: int, units: int | None, starts_in_ms: int) -> None:
        sale = StartSale(
            product_id=name,
            percent=percent,
            duration_ms=15_000,
            units=units,
            starts_in_ms=starts_in_ms,
        )
        self._attempt(sale)

    @rule(
        changed=st.fixed_dictionaries(
            {},
            optional={
                "title": st.sampled_from(["Autumn drop", "Spring drop"]),
                "starts_at_ms": st.sampled_from([None, NOW_MS]),
                "stream_url": st.sampled_from([None, STREAM, "https://video.example/other.m3u8"]),
                "cover_url": st.sampled_from([None, "/uploads/cover.jpg"]),
            },
        ).filter(bool)
    )
    def update(self, changed: dict[str, Any]) -> None:
        self._attempt(UpdateSession(**changed))

    @rule(names=st.lists(_products, min_size=1))
    def order_shelf(self, names: list[str]) -> None:
        self._attempt(OrderShelf(product_ids=names))

    @rule(interval_ms=st.sampled_from([0, 5_000]))
    def slow_chat(self, interval_ms: int) -> None:
        self._attempt(SlowChat(interval_ms=interval_ms))

    @rule(words=st.lists(st.sampled_from(["bad", "worse"])))
    def block_words(self, words: list[str]) -> None:
        self._attempt(BlockWords(words=words))

    @rule(name=_products)
    def end_sale(self, name: str) -> None:
        self._attempt(EndSale(product_id=name))

    @rule(chat_id=_chat_ids, kind=st.sampled_from([PinChat, PinChat, UnpinChat, DeleteChat]))
    def moderate(self, chat_id: str, kind: type[PinChat | UnpinChat | DeleteChat]) -> None:
        self._attempt(kind(id=chat_id))

    @rule(command=st.sampled_from([StartSession(), PauseSession(), ResumeSession()]))
    def pause(self, command: HostCommand) -> None:
        self._attempt(command)

    @precondition(lambda self: len(self.world.log) > 25)
    @rule()
    def end(self) -> None:
        self._attempt(EndSession())

    @rule(name=_products, size=_sizes, quantity=st.integers(1, 4))
    def sell(self, name: str, size: str, quantity: int) -> None:
        sale = self.world.state.sales.get(name)
        self._sell(f"s{name}-{size}", quantity)
        if sale is not None:
            self._sell(sale.row, quantity)

    @rule(name=_products, size=_sizes)
    def cancel(self, name: str, size: str) -> None:
        self._sell(f"s{name}-{size}", -1)

    @rule(passed_ms=st.integers(0, 20_000))
    def tick(self, passed_ms: int) -> None:
        self.world.now_ms += passed_ms
        for command in list(due(self.world.state, self.world.rows, self.world.now_ms)):
            self._attempt(command)

    @rule(viewers=st.integers(0, 2), likes=st.integers(0, 2), buying=st.booleans())
    def pulse(self, viewers: int, likes: int, buying: bool) -> None:
        gauges = self._gauges(viewers=viewers, likes=likes, buying=buying)
        changed = gauges.changed_since(self.shown)
        self._tell(messages.pulse(self.world.now_ms, changed))
        self.shown = gauges
        assert gauges.changed_since(self.shown) == {}

    @rule(chat_id=_chat_ids)
    def say(self, chat_id: str) -> None:
        if all(message.id != chat_id for message in self.world.chat):
            message = make_chat(chat_id)
            self.world.chat.append(message)
            self._tell(messages.chat([message]))

    @invariant()
    def viewer_sees_what_a_new_one_would(self) -> None:
        fresh = snapshot(self.world.state, self.shown, self.world.chat, NOW_MS)
        assert self.client.session == json.loads(wire.encode_one(fresh))

    @invariant()
    def a_host_sees_what_a_new_one_would(self) -> None:
        now, gauges = self.world.state, self.shown
        fresh = snapshot(now, gauges, self.world.chat, NOW_MS, for_staff=True)
        assert self.host.session == json.loads(wire.encode_one(fresh))
        assert self.host.session["stream_url"] == now.info.stream_url

    @invariant()
    def only_viewers_of_a_live_show_know_its_stream(self) -> None:
        live = self.world.state.status is Status.LIVE
        expected = self.world.state.info.stream_url if live else None
        assert self.client.session["stream_url"] == expected

    @invariant()
    def the_log_makes_the_state(self) -> None:
        events = [VOCABULARY.event(wire.event_message(event)) for event in self.world.log]
        assert [event.offset for event in events] == list(range(1, len(events) + 1))
        assert replay(self.start, events) == self.world.state

    @invariant()
    def each_sale_of_a_product_ends_before_the_next_starts(self) -> None:
        running: set[str] = set()
        for event in self.world.log:
            if isinstance(event, SaleStarted):
                assert event.product_id not in running
                running.add(event.product_id)
            elif isinstance(event, SaleEnded):
                running.remove(event.product_id)
        assert running == set(self.world.state.sales)

    @invariant()
    def no_unit_comes_from_nowhere_and_a_rid_adds_once(self) -> None:
        added = [event for event in self.world.log if isinstance(event, StockAdded)]
        rids = [event.rid for event in added if event.rid is not None]
        assert len(rids) == len(set(rids))
        for product in self.world.products.values():
            for variant in product.variants:
                row = self.world.rows.get(sku_row(variant.sku))
                assert variant.stock >= 0
                assert variant.stock + (row.units if row else 0) == STOCK
                assert (row.units if row else 0) >= sum(e.units.get(variant.sku, 0) for e in added)

    @invariant()
    def the_state_holds_together(self) -> None:
        state = self.world.state
        assert len(state.pinned) <= limits.PINS_MAX
        assert len(ChatPart.of(state).pinned) <= limits.CHAT_PINS_MAX
        assert set(state.pinned) | set(state.sales) <= set(state.shelf)
        for product_id, sale in state.sales.items():
            shelf = {variant.sku: variant.price for variant in state.shelf[product_id].variants}
            assert all(price <= shelf[sku] for sku, price in sale.prices.items())
        if state.status is Status.ENDED:
            assert state.sales == {}

    def _attempt(self, command: HostCommand | SystemCommand) -> None:
        before: tuple[SessionState, bytes] = (self.world.state, self._bytes())
        try:
            events = self.world.do(command)
        except LiveshopError:
            assert self.world.state is before[0]
            assert self._bytes() == before[1]
            return
        if self.world.state is before[0]:
            return  # an earlier command had its rid
        live = self.world.state.status is Status.LIVE
        for event in events:
            self._tell(wire.event_message(for_viewers(event, live=live)))
            self.shown = self.shown.after(event)
        if any(map(is_about_stream, events)) and hides_stream(self.world.state):
            self._tell_host(messages.session_stream(self.world.state.info.stream_url))
        if isinstance(command, DeleteChat):
            self.world.chat = [line for line in self.world.chat if line.id != command.id]

    def _sell(self, name: str, quantity: int) -> None:
        if name in self.world.rows:
            row = self.world.rows[name]
            self.world.set_sold(name, max(0, min(row.units, row.sold + quantity)))

    def _tell(self, message: dict[str, Any]) -> None:
        """Send a message the way it travels; the host gets what all viewers get."""
        (received,) = json.loads(wire.encode([message]))
        self.client.receive(received)
        if message["type"] != "session":
            self._tell_host(message)

    def _tell_host(self, message: dict[str, Any]) -> None:
        (received,) = json.loads(wire.encode([message]))
        self.host.receive(received)

    def _bytes(self) -> bytes:
        return wire.encode_one([self.world.state.shelf, self.world.rows, self.world.products])

    def _gauges(self, viewers: int = 0, likes: int = 0, buying: bool = True) -> Gauges:
        left = {row.row: row.units - row.sold for row in self.world.rows.values()}
        return Gauges.of(self.world.state, left, viewers=viewers, likes=likes, buying=buying)


@pytest.mark.feature("chat")
def test_a_snapshot_with_all_later_messages_applied_equals_a_fresh_one() -> None:
    often = settings(max_examples=60, stateful_step_count=50, deadline=None)
    run_state_machine_as_test(SessionMachine, settings=often)


@pytest.mark.feature("chat")
def test_a_snapshot_has_the_protocols_fields_in_its_order() -> None:
    world = CoreWorld()
    world.shelve("shirt")
    world.do(PinProduct(product_id="shirt"))
    world.do(StartSale(product_id="shirt", prices={"shirt-M": 3900}, duration_ms=60_000, units=5))
    rows = {"sshirt-M": 7, "@4": 3}
    gauges = Gauges.of(world.state, rows, viewers=120, likes=33, buying=True)
    message = snapshot(world.state, gauges, [make_chat()], NOW_MS + 1)
    expected = {
        "type": "session",
        "offset": 4,
        "now_ms": NOW_MS + 1,
        "id": "s1",
        "title": "Autumn drop",
        "status": "live",
        "starts_at_ms": None,
        "currency": "EUR",
        "currency_digits": 2,
        "stream_url": STREAM,
        "cover_url": None,
        "pinned": ["shirt"],
        "shelf": [_SHIRT],
        "sales": [
            {
                "product_id": "shirt",
                "prices": {"shirt-M": 3900},
                "starts_at_ms": NOW_MS,
                "ends_at_ms": NOW_MS + 60_000,
                "left": 3,
                "limit": None,
            }
        ],
        "viewers": 120,
        "likes": 33,
        "buying": True,
        "chat_pinned": [],
        "chat": [
            {"id": "1-0", "at_ms": NOW_MS, "viewer": {"id": "u_7", "name": "Bo"}, "text": "hi"}
        ],
    }
    assert json.dumps(message) == json.dumps(expected)


def test_a_pulse_says_only_what_changed() -> None:
    before = Gauges(viewers=1, likes=2, left={"a": 1, "b": 2}, sales={"p": 5}, buying=True)
    after = Gauges(viewers=1, likes=3, left={"a": 1, "b": 0}, sales={"p": 5}, buying=False)
    assert after.changed_since(before) == {"likes": 3, "left": {"b": 0}, "buying": False}
    assert list(after.changed_since(Gauges())) == ["viewers", "likes", "left", "sales"]


def test_events_change_the_gauges_that_a_viewer_shows() -> None:
    world = CoreWorld()
    shown = Gauges()
    world.shelve("shirt", units=10)
    world.do(StartSale(product_id="shirt", prices={"shirt-M": 1}, duration_ms=5000, units=5))
    for event in world.log:
        shown = shown.after(event)
    assert shown == Gauges(left={"shirt-M": 10, "shirt-L": 10}, sales={"shirt": 5})
    world.set_sold("sshirt-M", 10)
    (sold_out,) = world.do(MarkSoldOut(sku="shirt-M"))
    shown = shown.after(sold_out)
    assert shown.left == {"shirt-M": 0, "shirt-L": 10}
    world.set_sold("sshirt-M", 8)
    (restocked,) = world.do(MarkRestocked(sku="shirt-M"))
    assert shown.after(restocked).left == {"shirt-M": 2, "shirt-L": 10}
    (ended,) = world.do(EndSale(product_id="shirt"))
    assert shown.after(ended).sales == {}
