"""One availability for the card, the rows and the console: they cannot say different things."""

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

_SHARED = Path(__file__).parents[2] / "liveshop" / "pages" / "shared"
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_RUN = """
const { productAvailability, variantAvailability } = await import(process.argv[1]);
const { session, purchases } = JSON.parse(process.argv[2]);
const [product] = session.shelf;
console.log(JSON.stringify({
  card: product.variants.map((v) => variantAvailability(session, product, v, 50, purchases)),
  row: productAvailability(session, product, 50, purchases),
}));
"""

Json = dict[str, Any]


def _read(
    *left: int,
    status: str = "live",
    sale: Json | None = None,
    sold: bool = False,
    held: bool = False,
) -> Json:
    """Return what a card says of each variant of a product, and its row of the whole."""
    variants = [
        {"sku": f"V{number}", "left": units, **({"sold": True} if sold else {})}
        for number, units in enumerate(left)
    ]
    session = {
        "status": status,
        "shelf": [{"product_id": "p", "variants": variants}],
        "sales": [] if sale is None else [{"product_id": "p", "starts_at_ms": 0, **sale}],
    }
    purchases = [{"sku": "V0", "state": "held", "expires_at_ms": 99}] if held else []
    given = json.dumps({"session": session, "purchases": purchases})
    script = ["--input-type=module", "-e", _RUN, str(_SHARED / "availability.js"), given]
    done = subprocess.run([_NODE, *script], capture_output=True, check=True, text=True)
    said: Json = json.loads(done.stdout)
    return said


def _sale(left: int | None, *skus: str, ends_at_ms: int = 100) -> Json:
    return {"prices": dict.fromkeys(skus, 1), "left": left, "ends_at_ms": ends_at_ms}


def test_what_is_left_is_the_least_of_units_and_the_sales_own_and_the_row_adds_them_up() -> None:
    said = _read(9, 4, sale=_sale(3, "V0"))
    assert said["card"] == [{"kind": "buyable", "left": 3}, {"kind": "buyable", "left": 4}]
    assert said["row"] == {"kind": "buyable", "left": 7}


def test_a_sale_without_units_is_gone_on_the_card_and_in_the_row() -> None:
    said = _read(4, sale=_sale(0, "V0"))
    assert said["card"] == [{"kind": "sale_gone", "left": 0}]
    assert said["row"] == {"kind": "sale_gone", "left": 0}


def test_a_sale_that_is_over_takes_nothing_away() -> None:
    said = _read(4, sale=_sale(0, "V0", ends_at_ms=50))
    assert said["card"] == [said["row"]] == [{"kind": "buyable", "left": 4}]


def test_units_in_carts_are_not_called_sold_out() -> None:
    assert _read(0)["row"] == {"kind": "carts", "left": 0, "until_ms": None}
    assert _read(0, held=True)["row"] == {"kind": "carts", "left": 0, "until_ms": 99}


def test_what_is_sold_is_gone() -> None:
    said = _read(0, sold=True)
    assert said["card"] == [said["row"]] == [{"kind": "gone", "left": 0}]


@pytest.mark.parametrize("status", ["draft", "scheduled", "paused", "ended"])
def test_when_nothing_is_sold_all_is_closed_however_many_are_left(status: str) -> None:
    said = _read(4, status=status)
    assert said["card"] == [said["row"]] == [{"kind": "closed", "left": 0, "status": status}]
    assert _read(0, status=status) == said
