"""The pages' state of offers: what each message changes, and what is asked and sent."""

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

_PACKAGE = Path(__file__).parents[3] / "liveshop"
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_START = """
const [, folder, given] = process.argv;
const input = JSON.parse(given);
const offers = `${folder}/features/offers/page`;
"""
_REDUCE = """
const state = await import(`${offers}/state.js`);
const { initialState, reduce } = await import(`${folder}/pages/client/state.js`);
let now = { ...initialState, ...state.initial };
const seen = input.map((message) => {
  now = reduce(now, message, [state]);
  const { offers: open, offers_past: past } = now.session ?? {};
  return { open, past, taken: now.taken };
});
const shown = input.find(({ type }) => type === "offer.opened");
const hidden = shown ? state.hide["offer.opened"](now.session, shown).offers : null;
console.log(JSON.stringify({ ...seen.at(-1), hidden }));
"""
_COMMAND = """
const { FIRST, commandOf } = await import(`${offers}/command.js`);
const session = { currency: "EUR", shelf: [{ product_id: "mug", variants: [] }] };
console.log(JSON.stringify(input.map((form) => {
  try {
    return commandOf({ ...FIRST, label: "Live", minutes: "", ...form }, session);
  } catch (fault) {
    return fault.message;
  }
})));
"""
_ASK = """
const { questionOf } = await import(`${offers}/priced.js`);
console.log(JSON.stringify(input.map(({ held, codes, open }) =>
  questionOf(held, codes, open) !== null)));
"""
_FIGURES = """
const { figuresOf } = await import(`${offers}/figures.js`);
console.log(JSON.stringify(figuresOf(input, "@8")));
"""

Json = dict[str, Any]
_SESSION: Json = {
    **{"type": "session", "offset": 7, "now_ms": 1, "id": "s1", "status": "live"},
    **{"shelf": [], "sales": [], "pinned": [], "viewers": 1, "likes": 2, "buying": True},
}
_OFFER: Json = {"offer": "@8", "kind": "code", "label": "Five off", "amount": 500, "units": 10}
_OPENED: Json = {"type": "offer.opened", "offset": 8, "at_ms": 8, **_OFFER}
_OTHER: Json = _OPENED | {"offset": 9, "offer": "@9", "starts_at_ms": 20, "label": "Later"}
_TAKEN: Json = {"type": "taken", "rid": "r1", "offer": "@8", "expires_at_ms": 50}


def _run(script: str, given: Any) -> Any:
    command = [str(_NODE), "--input-type=module", "--eval", _START + script]
    done = subprocess.run(
        [*command, _PACKAGE.as_uri(), json.dumps(given)],
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def _after(*messages: Json) -> Json:
    state: Json = _run(_REDUCE, messages)
    return state


def test_an_offer_is_open_or_announced_and_goes_by_the_pulse() -> None:
    opened = _OFFER | {"state": "open", "left": 10}
    later = _OFFER | {"offer": "@9", "label": "Later", "starts_at_ms": 20, "left": 10}
    assert _after(_SESSION, _OPENED, _OTHER)["open"] == [opened, later | {"state": "announced"}]
    pulse = {"type": "pulse", "now_ms": 2, "offers": {"@8": 3, "@99": 1}}
    assert _after(_SESSION, _OPENED, pulse)["open"] == [opened | {"left": 3}]
    started = {"type": "offer.started", "offset": 10, "at_ms": 20, "offer": "@9"}
    assert _after(_SESSION, _OPENED, _OTHER, started)["open"][1] == later | {"state": "open"}


def test_offers_are_put_in_order_and_a_closed_one_is_remembered_by_its_words() -> None:
    ordered = {"type": "offers.ordered", "offset": 10, "at_ms": 10, "offers": ["@9", "@8"]}
    both = (_SESSION, _OPENED, _OTHER)
    assert [each["offer"] for each in _after(*both, ordered)["open"]] == ["@9", "@8"]
    closed = {"type": "offer.closed", "offset": 10, "at_ms": 10, "offer": "@8", "reason": "manual"}
    after = _after(*both, closed)
    assert [each["offer"] for each in after["open"]] == ["@9"]
    assert [each["label"] for each in after["past"]] == ["Five off"]


@pytest.mark.parametrize("end", ["released", "expired", "refused", "spent"])
def test_a_taken_offer_is_kept_until_it_ends(end: str) -> None:
    welcome: Json = {"type": "welcome", "viewer": None, "reservations": [], "orders": []}
    taken = {key: _TAKEN[key] for key in ("rid", "offer", "expires_at_ms")}
    kept = {"@8": {"rid": "r1", "expires_at_ms": 50}}
    assert _after(welcome | {"taken": [taken]}, _SESSION)["taken"] == kept
    assert _after(_SESSION, _OPENED, _TAKEN)["taken"] == kept
    ended = {"type": end, "rid": "r1", "offer": "@8", "code": "sold_out"}
    assert _after(_SESSION, _OPENED, _TAKEN, ended)["taken"] == {}
    another = ended | {"rid": "r2"}
    assert _after(_SESSION, _OPENED, _TAKEN, another)["taken"] == kept


def test_an_offer_that_waits_for_the_video_is_not_there_yet() -> None:
    assert _after(_SESSION, _OPENED)["hidden"] == []


def test_a_cart_is_priced_only_if_it_is_not_empty_and_something_is_open_or_named() -> None:
    line, opened = {"rid": "r1", "price": 100}, {"offer": "@8", "state": "open"}
    asked = [
        {"held": [], "codes": [], "open": [opened]},
        {"held": [line], "codes": [], "open": []},
        {"held": [line], "codes": [], "open": [opened | {"state": "announced"}]},
        {"held": [line], "codes": [], "open": [opened]},
        {"held": [line], "codes": ["@8"], "open": []},
    ]
    assert _run(_ASK, asked) == [False, False, False, True, True]


def test_each_kind_of_form_says_its_command() -> None:
    part = {"product": "mug", "quantity": "2"}
    forms: list[Json] = [
        {"kind": "code", "by": "amount", "amount": "5", "who": "code", "code": " LIVE5 "},
        {"kind": "code", "percent": "10", "most": "20", "least": "50", "minutes": "15"},
        {"kind": "quantity", "product": "mug", "steps": [{"from": "3", "percent": "15"}]},
        {"kind": "buy_get", "buy": part, "percent": "100", "times": "1"},
        {"kind": "bundle", "parts": [part, part], "by": "amount", "amount": "49.90", "budget": "9"},
        {"kind": "delivery", "least": "80", "units": "9", "perBuyer": "2", "budget": "100"},
        {"kind": "buy_get"},
    ]
    goods = {"quantity": 2, "product_ids": ["mug"]}
    one = {"quantity": 1, "product_ids": ["mug"]}
    opens = {"type": "offer.open", "label": "Live"}
    commands = _run(_COMMAND, forms)
    assert commands == [
        opens | {"kind": "code", "amount": 500, "who": "code", "code": "LIVE5"},
        opens
        | {"kind": "code", "percent": 10, "max_amount": 2_000, "min_goods": 5_000}
        | {"ends_in_ms": 900_000},
        opens | {"kind": "quantity", "product_ids": ["mug"], "steps": [{"from": 3, "percent": 15}]},
        opens | {"kind": "buy_get", "buy": goods, "get": one, "percent": 100, "times": 1},
        opens | {"kind": "bundle", "parts": [goods, goods], "price": 4_990, "budget": 900},
        opens | {"kind": "delivery", "min_goods": 8_000, "units": 9, "per_buyer": 2},
        "offers.form.no_product",
    ]


def test_the_figures_of_an_offer_are_those_of_the_confirmed_orders_that_name_it() -> None:
    def order(status: str, *why: tuple[str, int]) -> Json:
        reasons = [{"offer": offer, "amount": amount} for offer, amount in why]
        return {"status": status, "why": reasons} if why else {"status": status}

    orders = [
        order("confirmed", ("@8", -500), ("@9", -100)),
        order("confirmed", ("@9", -300)),
        order("cancelled", ("@8", -500)),
        order("confirmed"),
        order("confirmed", ("@8", -125)),
    ]
    assert _run(_FIGURES, orders) == {"orders": 2, "discount": 625}
