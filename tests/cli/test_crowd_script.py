"""The script of the demo's crowd: the same from the same seed, at a natural pace, and bounded."""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from itertools import pairwise

from liveshop.cli.crowd_script import ACTS_MAX, NAMES, ORDERS_MAX, Act, CrowdScript, Seen

_LIVE = Seen(
    is_live=True,
    shown=(("terra-plant-pot", "Terra Plant Pot"),),
    shown_skus=("POT-12", "POT-18"),
    other_skus=("SOAP",),
)


def _acts(seed: int, seen: Seen = _LIVE) -> Iterator[Act]:
    script = CrowdScript(seed)
    while (act := script.next(lambda _: seen)) is not None:
        yield act


def _first(count: int, seed: int, seen: Seen = _LIVE) -> list[Act]:
    return [act for act, _ in zip(_acts(seed, seen), range(count), strict=False)]


def test_the_same_seed_leads_to_the_same_acts_and_another_to_others() -> None:
    assert _first(500, 7) == _first(500, 7)
    assert _first(500, 7) != _first(500, 8)


def test_a_script_ends_and_buys_only_so_much() -> None:
    acts = list(_acts(3))
    assert len(acts) == ACTS_MAX
    assert sum(1 for act in acts if act.sku) == ORDERS_MAX


def test_each_act_is_one_thing_by_one_of_the_names_after_a_while() -> None:
    for act in _first(2_000, 3):
        assert [bool(act.likes), bool(act.text), bool(act.sku)].count(True) == 1
        assert 0 <= act.visitor < len(NAMES)
        assert 0.4 <= act.wait_s <= 7.0
    waits = [act.wait_s for act in _first(2_000, 3)]
    assert 1.0 < sum(waits) / len(waits) < 3.0


def test_a_question_is_answered_by_somebody_else_who_names_the_asker() -> None:
    acts = _first(1_000, 5)
    answers = 0
    for at, act in enumerate(acts):
        if act.text != "does the pot have a hole?":
            continue
        later = [
            each
            for each in acts[at + 1 : at + 30]
            if each.text == f"{NAMES[act.visitor]}: it does, and a saucer comes with it"
        ]
        answers += bool(later)
        assert all(each.visitor != act.visitor and each.wait_s >= 2.5 for each in later)
    assert answers > 10


def test_what_is_shown_is_bought_most_and_nothing_unless_the_show_is_live() -> None:
    bought = [act.sku for act in _first(1_500, 9) if act.sku]
    assert {*bought} == {"POT-12", "POT-18", "SOAP"}
    assert 0.7 < sum(sku != "SOAP" for sku in bought) / len(bought) < 0.9
    assert not any(act.sku for act in _first(1_500, 9, replace(_LIVE, is_live=False)))
    sold_out = replace(_LIVE, shown_skus=(), other_skus=())
    assert not any(act.sku for act in _first(1_500, 9, sold_out))


def test_nobody_repeats_what_was_said_a_moment_ago() -> None:
    said = [act.text for act in _first(1_000, 4, replace(_LIVE, shown=())) if act.text]
    joy = [text for text in said if ": " not in text and not text.endswith("?")]
    assert all(first != second for first, second in pairwise(joy))


def test_there_is_a_question_about_each_product_of_the_demo() -> None:
    text = resources.files("liveshop.cli").joinpath("demo_catalogue.json").read_text()
    for product in json.loads(text)["products"]:
        about = ((product["product_id"], product["title"]),)
        asked = {act.text for act in _first(300, 1, replace(_LIVE, shown=about))}
        anything = {act.text for act in _first(300, 1, replace(_LIVE, shown=()))}
        assert len(asked - anything) >= 2, product["product_id"]
