"""The answers of offers to a viewer, and to a backend."""

from collections.abc import Sequence

from msgspec import to_builtins

from liveshop.core.messages import answer
from liveshop.core.pricing.price import Priced
from liveshop.core.wire import Message
from liveshop.features.offers.pricing import Line


def priced(lines: Sequence[Line], outcome: Priced, ref: int | None) -> Message:
    """Tell what reservations would come to in one order, why, and what is missing for more."""
    return answer("priced", ref, **priced_fields(lines, outcome))


def priced_fields(lines: Sequence[Line], outcome: Priced) -> Message:
    """Return what a cart comes to, line by line."""
    return {
        "lines": [
            {
                "rid": line.rid,
                "sku": line.sku,
                "quantity": line.quantity,
                "price": line.price,
                "final": final,
            }
            for line, final in zip(lines, outcome.finals, strict=True)
        ],
        "why": to_builtins(outcome.why),
        "goods": outcome.goods,
        "total": outcome.goods,
        "hints": to_builtins(outcome.hints),
    }
