"""The codec: its refusals, their words, and the look of a frame."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from liveshop.core import limits, wire
from liveshop.core.commands import Buy
from liveshop.core.errors import BadFrame, BadRequest
from liveshop.core.events import SessionStarted
from liveshop.core.frames import text_frame
from liveshop.core.model import Product
from liveshop.features.chat.rules import Say
from liveshop.features.likes.rules import Like
from tests.core.world import make_chat, make_product
from tests.every_feature import WHOLE

RID = "3f2b6c1e-0d7a-4a57-9f0c-5d3f5b1f9e11"
BUY = {"type": "buy", "ref": 9, "rid": RID, "sku": "OBS-M", "quantity": 1}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"[]",
        b'"buy"',
        b"null",
        b"{",
        b'{"a": NaN}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        '{"a": "\ud800"}',
        b"[" * 5000,
    ],
)
def test_what_is_not_a_json_object_is_a_bad_frame(data: bytes | str) -> None:
    with pytest.raises(BadFrame):
        wire.decode_object(data)


def test_a_command_is_read_with_its_fields() -> None:
    command = WHOLE.command(wire.decode_object(json.dumps(BUY)))
    assert command == Buy(ref=9, rid=RID, sku="OBS-M", quantity=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "sell"}, "`type`: there is no such command"),
        ({"type": 7}, "`type`: Expected `str`, got `int`"),
        ({"colour": "red"}, "Object contains unknown field `colour`"),
        ({"quantity": 0}, "`quantity`: Expected `int` >= 1"),
        ({"quantity": 101}, "`quantity`: Expected `int` <= 100"),
        ({"quantity": "1"}, "`quantity`: Expected `int`, got `str`"),
        ({"quantity": True}, "`quantity`: Expected `int`, got `bool`"),
        ({"quantity": 1.5}, "`quantity`: Expected `int`, got `float`"),
        ({"quantity": None}, "`quantity`: Expected `int`, got `null`"),
        ({"rid": RID.upper()}, "`rid`: Expected a UUID in its 36 lower-case characters"),
        ({"rid": RID + "\n"}, "`rid`: Expected a UUID in its 36 lower-case characters"),
        ({"sku": ""}, "`sku`: Expected text without control characters, not empty"),
        ({"sku": "A\x1f"}, "`sku`: Expected text without control characters, not empty"),
        ({"sku": "A" * 65}, "`sku`: Expected `str` of length <= 64"),
        ({"price": -1}, "`price`: Expected `int` >= 0"),
        ({"price": 10**12 + 1}, "`price`: Expected `int` <= 1000000000000"),
        ({"ref": 2**53}, "`ref`: Expected `int` <= 9007199254740991"),
        ({"ref": "9"}, "`ref`: Expected `int | null`, got `str`"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        WHOLE.command({**BUY, **change})
    assert refusal.value.message == message


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ({}, "Object missing required field `type`"),
        ({"type": "like"}, "Object missing required field `count`"),
        (
            {"type": "checkout", "order_id": RID, "rids": ["x"]},
            "`rids[0]`: Expected a UUID in its 36 lower-case characters",
        ),
        (
            {"type": "checkout", "order_id": RID, "rids": [RID] * 21},
            "`rids`: Expected `array` of length <= 20",
        ),
        (
            {"type": "product.add", "product_id": "p", "units": {"": 1}},
            "`units`: in a key: Expected text without control characters, not empty",
        ),
        (
            {"type": "product.add", "product_id": "p", "units": {"a": 0}},
            "`units[...]`: Expected `int` >= 1",
        ),
        (
            {"type": "sale.start", "product_id": "p", "duration_ms": 5000},
            "give exactly one of `percent` and `prices`",
        ),
        (
            {"type": "sale.start", "product_id": "p", "duration_ms": 4999, "percent": 1},
            "`duration_ms`: Expected `int` >= 5000",
        ),
    ],
)
def test_faults_deeper_down_are_named_too(command: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        WHOLE.command(command)
    assert refusal.value.message == message


def test_the_chat_counts_code_points_not_bytes() -> None:
    text = "\N{FIRE}" * 200
    assert WHOLE.command({"type": "say", "text": text}) == Say(text=text)
    with pytest.raises(BadRequest):
        WHOLE.command({"type": "say", "text": text + "!"})


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_no_object_breaks_the_codec(message: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        WHOLE.command({**message, "type": message.get("type")})
    assert wire.ref_of(message) is None or 0 <= message["ref"] <= limits.REF_MAX


@pytest.mark.parametrize(
    ("ref", "expected"),
    [(0, 0), (2**53 - 1, 2**53 - 1), (2**53, None), (-1, None), (True, None), ("1", None)],
)
def test_an_unusable_ref_is_none(ref: Any, expected: int | None) -> None:
    assert wire.ref_of({"ref": ref}) == expected
    assert wire.ref_of({}) is None


def test_a_body_is_checked_against_its_type() -> None:
    product = make_product()
    assert wire.decode_body(wire.encode_one(product), Product) == product
    with pytest.raises(BadRequest, match="the body is not JSON"):
        wire.decode_body(b"{", Product)
    with pytest.raises(BadRequest, match="`variants`: Expected `array`, got `int`"):
        wire.decode_body(b'{"product_id": "p", "title": "P", "variants": 1}', Product)


def test_records_and_dicts_travel_together() -> None:
    event = SessionStarted(offset=1, at_ms=5)
    assert json.loads(wire.encode([event, {"chat": [make_chat("1-0", "é")]}])) == [
        {"type": "session.started", "offset": 1, "at_ms": 5, "status": "live"},
        {
            "chat": [
                {
                    "id": "1-0",
                    "at_ms": 1_790_000_000_000,
                    "viewer": {"id": "u_7", "name": "Bo"},
                    "text": "é",
                }
            ]
        },
    ]


def test_an_event_reads_back_from_its_message() -> None:
    event = SessionStarted(offset=1, at_ms=5)
    assert list(wire.event_message(event)) == ["type", "offset", "at_ms", "status"]
    assert WHOLE.event(wire.event_message(event)) == event


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_is_what_the_websockets_library_would_send(size: int) -> None:
    payload = b"x" * size
    assert text_frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_a_frame_carries_an_array_of_messages() -> None:
    assert wire.frame(Like(count=1), {"a": 1}) == text_frame(
        b'[{"type":"like","ref":null,"count":1},{"a":1}]'
    )
