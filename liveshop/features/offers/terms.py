"""From an offer in the log to a rule of the price pipeline.

All of it follows from a session's state, so that a stored order can be priced again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from liveshop.core import errors
from liveshop.core.model import ShelfProduct
from liveshop.core.pricing.offers import (
    AnyOffer,
    BundleOffer,
    BuyGetOffer,
    CodeOffer,
    DeliveryOffer,
    Part,
    QuantityOffer,
    Step,
)
from liveshop.core.session import SessionState
from liveshop.features.offers.vocabulary import Goods, OfferOpened, OpenOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The most that a buyer may take of an offer; None without a limit."""

    units: int | None = None
    uses: int | None = None
    budget: int | None = None


def limited(offer: AnyOffer, left: Left) -> AnyOffer:
    """Return an offer of which no more may be taken than that."""
    return replace(offer, units_left=left.units, uses_left=left.uses, budget_left=left.budget)


def rule_of(rule: OfferOpened, rank: int, shelf: Mapping[str, ShelfProduct]) -> AnyOffer:
    """Return an offer as the pipeline sees it, without limits."""
    kind, fields = _BY_KIND[rule.kind](rule, shelf)
    return kind(
        offer=rule.offer,
        label=rule.label,
        rank=rank,
        alone=rule.alone,
        named=rule.named,
        **fields,
    )


_Made = tuple[Callable[..., AnyOffer], dict[str, Any]]
_Shelf = Mapping[str, ShelfProduct]


def _code(rule: OfferOpened, shelf: _Shelf) -> _Made:
    return CodeOffer, {
        "percent": rule.percent,
        "amount": rule.amount,
        "max_amount": rule.max_amount,
        "skus": None if rule.product_ids is None else _skus(rule.product_ids, shelf),
        "min_goods": rule.min_goods or 0,
    }


def _quantity(rule: OfferOpened, shelf: _Shelf) -> _Made:
    steps = [
        Step(at_least=step.at_least, percent=step.percent, price=step.price)
        for step in rule.steps or ()
    ]
    return QuantityOffer, {"skus": _skus(rule.product_ids or (), shelf), "steps": tuple(steps)}


def _buy_get(rule: OfferOpened, shelf: _Shelf) -> _Made:
    assert rule.buy is not None and rule.get is not None, "refused when it was opened"
    return BuyGetOffer, {
        "buy": _part(rule.buy, shelf),
        "get": _part(rule.get, shelf),
        "percent": rule.percent or 100,
        "times": rule.times,
    }


def _bundle(rule: OfferOpened, shelf: _Shelf) -> _Made:
    parts = tuple(_part(part, shelf) for part in rule.parts or ())
    return BundleOffer, {"parts": parts, "price": rule.price, "percent": rule.percent}


def _delivery(rule: OfferOpened, shelf: _Shelf) -> _Made:
    methods = tuple(rule.methods or ())
    return DeliveryOffer, {"min_goods": rule.min_goods or 0, "methods": methods}


_BY_KIND: Final[Mapping[str, Callable[[OfferOpened, _Shelf], _Made]]] = {
    "code": _code,
    "quantity": _quantity,
    "buy_get": _buy_get,
    "bundle": _bundle,
    "delivery": _delivery,
}


def refuse_goods(state: SessionState, command: OpenOffer) -> None:
    """Raise NotFound or BadRequest for products and SKUs that an offer cannot be about."""
    for product_id in command.product_ids or ():
        state.product(product_id)
    for goods in (command.buy, command.get, *(command.parts or ())):
        if goods is not None:
            _refuse_unknown(state, goods)
    if command.parts is not None:
        _refuse_bundle(state, command)


def _refuse_unknown(state: SessionState, goods: Goods) -> None:
    for product_id in goods.product_ids or ():
        state.product(product_id)
    offered = {sku for product in state.shelf.values() for sku in _of(product)}
    for sku in goods.skus or ():
        if sku not in offered:
            raise errors.NotFound("SKU", sku)


def _refuse_bundle(state: SessionState, command: OpenOffer) -> None:
    parts = [_part(part, state.shelf) for part in command.parts or ()]
    every = [sku for part in parts for sku in part.any_of]
    if len(set(every)) < len(every):
        raise errors.BadRequest("`parts`: a SKU is in two parts of the bundle")
    prices = {
        variant.sku: variant.price
        for product in state.shelf.values()
        for variant in product.variants
    }
    cheapest = sum(min(prices[sku] for sku in part.any_of) * part.quantity for part in parts)
    if command.price is not None and command.price > cheapest:
        raise errors.BadRequest(f"`price`: its parts cost {cheapest} without the bundle")


def _part(goods: Goods, shelf: Mapping[str, ShelfProduct]) -> Part:
    skus = frozenset(goods.skus or ()) | _skus(goods.product_ids or (), shelf)
    return Part(any_of=skus, quantity=goods.quantity)


def _skus(product_ids: Iterable[str], shelf: Mapping[str, ShelfProduct]) -> frozenset[str]:
    """Return the SKUs of those of some products that are on the shelf."""
    return frozenset(sku for name in product_ids if name in shelf for sku in _of(shelf[name]))


def _of(product: ShelfProduct) -> list[str]:
    return [variant.sku for variant in product.variants]
