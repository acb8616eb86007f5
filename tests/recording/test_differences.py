"""The comparison of two recordings sees every change that a client could, and no other."""

import json
from typing import Any

import pytest

from tests.client import Message
from tests.recording.allowances import ALLOWANCES, WORDS
from tests.recording.canon import Canon
from tests.recording.differences import count, differences, needed
from tests.recording.stage import seen
from tests.recording.tape import Part, Tape, read

_NOW_MS = 1_790_000_000_000
_MESSAGE: Message = {
    "type": "error",
    "ref": 21,
    "code": "sold_out",
    "message": "MUG has 1 left, 2 requested",
    "left": 1,
}


def _tape(*messages: Message) -> Tape:
    tape, canon = Tape(), Canon()
    tape.add("buying", "ada", [canon.line(message, _NOW_MS) for message in messages])
    return tape


def _changed(**fields: Any) -> Message:
    return {**_MESSAGE, **fields}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({("lefts" if n == "left" else n): v for n, v in _MESSAGE.items()}, id="name"),
        pytest.param(dict(reversed(_MESSAGE.items())), id="order"),
        pytest.param(_changed(left="1"), id="type"),
        pytest.param(_changed(left=True), id="a number that has become true"),
        pytest.param(_changed(left=2), id="value"),
        pytest.param(_changed(code="conflict"), id="code"),
        pytest.param(_changed(more=None), id="field more"),
        pytest.param({n: v for n, v in _MESSAGE.items() if n != "ref"}, id="field less"),
    ],
)
def test_a_change_of_one_field_is_found(changed: Message) -> None:
    (found,) = differences(_tape(_MESSAGE), _tape(changed), ALLOWANCES)
    assert found.part == Part("buying", "ada")
    assert [line[0] for line in found.diff] == ["-", "+"]
    assert "here: …" in str(found)


def test_a_message_more_one_less_and_two_that_changed_places_are_found() -> None:
    other = _changed(ref=22)
    both = _tape(_MESSAGE, other)
    assert count(differences(both, _tape(_MESSAGE))) == 1
    assert count(differences(_tape(_MESSAGE), both)) == 1
    assert count(differences(both, _tape(other, _MESSAGE))) == 2
    assert differences(both, _tape(_MESSAGE, other)) == []


def test_what_came_to_somebody_else_is_found() -> None:
    other = Tape()
    other.add("buying", "bo", _tape(_MESSAGE).lines[Part("buying", "ada")])
    found = differences(_tape(_MESSAGE), other)
    assert [difference.part.listener for difference in found] == ["ada", "bo"]


def test_the_same_difference_of_several_is_said_once() -> None:
    before, after = _tape(_MESSAGE), _tape(_changed(left=2))
    for tape in (before, after):
        tape.add("buying", "bo", tape.lines[Part("buying", "ada")])
    (found,) = differences(before, after)
    assert found.part.listener == "ada, bo"


def test_the_words_of_an_error_may_change_and_nothing_else_of_it() -> None:
    before, words = _tape(_MESSAGE), _tape(_changed(message='MUG: "2" asked, 1 left'))
    assert count(differences(before, words)) == 2
    assert differences(before, words, WORDS) == []
    assert [why for why, lines in needed(before, words, WORDS).items() if lines] == [WORDS[0].why]


def test_the_fields_of_a_pulse_that_have_changed_places_are_found() -> None:
    before, after = Tape(), Tape()
    before.saw(["type", "now_ms", "likes", "left"])
    after.saw(["type", "now_ms", "likes"])
    assert differences(before, after) == []
    after.saw(["type", "now_ms", "left", "likes"])
    (found,) = differences(before, after)
    assert found.diff == ("-likes before left\n+left before likes",)


def test_a_recording_is_read_as_it_was_written() -> None:
    tape = _tape(_MESSAGE, _changed(ref=22))
    tape.add("buying", "bo", tape.lines[Part("buying", "ada")])
    tape.add("buying", "answers and gauges", ["GET /x", "  200 {}"])
    tape.saw(["type", "now_ms"])
    assert read(tape.text()) == tape


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ({"at_ms": _NOW_MS - 9_000}, {"at_ms": "<now>"}),
        ({"at_ms": None}, {"at_ms": None}),
        ({"at_ms": "soon"}, {"at_ms": "soon"}),
        ({"expires_at_ms": _NOW_MS + 299_000}, {"expires_at_ms": "<now + 5 min>"}),
        ({"starts_at_ms": 4_000_000_000_000}, {"starts_at_ms": 4_000_000_000_000}),
        (
            {"starts_at_ms": _NOW_MS, "ends_at_ms": _NOW_MS + 60_000},
            {"starts_at_ms": "<now>", "ends_at_ms": "<starts_at_ms + 60000>"},
        ),
        ({"retry_after_ms": 41}, {"retry_after_ms": "<duration>"}),
        ({"interval_ms": 41}, {"interval_ms": 41}),
        ({"id": "s-made-up"}, {"id": "<session drop>"}),
        (
            {"chat": ["1790000000000-0", "1790000000001-0", "1790000000000-0"]},
            {"chat": ["<chat 1>", "<chat 2>", "<chat 1>"]},
        ),
    ],
)
def test_only_what_differs_each_time_is_put_into_words(message: Message, line: Message) -> None:
    canon = Canon()
    canon.name("s-made-up", "session drop")
    assert canon.line(message, _NOW_MS) == json.dumps(line)


def test_the_gauges_after_a_message_are_those_of_a_client() -> None:
    variant = {"sku": "MUG", "left": 3}
    product = {"product_id": "mug", "variants": [variant]}
    session = {"type": "session", "shelf": [product], "sales": [], "viewers": 1, "likes": 0}
    shown = seen({}, {**session, "buying": True})
    for message, wanted in (
        ({"type": "pulse", "likes": 4, "left": {"MUG": 2}}, {"likes": 4, "left": {"MUG": 2}}),
        ({"type": "sale.started", "product_id": "mug", "left": 5}, {"sales": {"mug": 5}}),
        ({"type": "pulse", "sales": {"mug": 4}}, {"sales": {"mug": 4}, "left": {"MUG": 2}}),
        ({"type": "product.sold_out", "sku": "MUG"}, {"left": {"MUG": 0}}),
        ({"type": "product.restocked", "sku": "MUG", "left": 1}, {"left": {"MUG": 1}}),
        ({"type": "sale.ended", "product_id": "mug"}, {"sales": {}, "likes": 4}),
    ):
        shown = seen(shown, message)
        assert {name: shown[name] for name in wanted} == wanted
