"""The buyer's purchases, as they were kept over a reload, set against what the server says."""

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

_STATE = Path(__file__).parents[2] / "liveshop" / "pages" / "client" / "state.js"
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_RUN = """
const { initialState, reduce } = await import(process.argv[1]);
const { kept, welcome } = JSON.parse(process.argv[2]);
const mine = { ...initialState.mine, purchases: [kept] };
const [purchase] = reduce({ ...initialState, mine }, welcome).mine.purchases;
console.log(JSON.stringify([purchase.state, purchase.order_id ?? null]));
"""
_KEPT = {"rid": "r1", "command": "buy", "sku": "M", "quantity": 1, "state": "paying"}

Json = dict[str, Any]


def _after(kept: Json, orders: list[Json], reservations: list[Json]) -> list[str | None]:
    """Return the state and the order of a purchase after a `welcome`."""
    welcome = {"type": "welcome", "viewer": None, "orders": orders, "reservations": reservations}
    given = json.dumps({"kept": kept, "welcome": welcome})
    script = ["--input-type=module", "-e", _RUN, str(_STATE), given]
    done = subprocess.run([_NODE, *script], capture_output=True, check=True, text=True)
    said: list[str | None] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize(
    ("status", "state"), [("confirmed", "sold"), ("cancelled", "sold"), ("void", "expired")]
)
def test_a_purchase_whose_order_has_ended_is_not_asked_for_again(status: str, state: str) -> None:
    order = {"order_id": "o1", "rids": ["r1"], "status": status}
    assert _after(_KEPT, [order], []) == [state, "o1"]


def test_a_purchase_that_the_server_does_not_name_is_asked_for_again() -> None:
    assert _after(_KEPT, [], []) == ["sending", None]


def test_a_purchase_that_waits_for_its_money_waits_on() -> None:
    order = {"order_id": "o1", "rids": ["r1"], "status": "pending"}
    reservation = {"rid": "r1", "sku": "M", "quantity": 1, "state": "paying", "order_id": "o1"}
    assert _after(_KEPT, [order], [reservation]) == ["paying", "o1"]
