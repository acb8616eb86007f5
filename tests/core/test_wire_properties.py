"""The codec for every input: its output reads back, and input that is no command is refused."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveshop.core import wire
from liveshop.core.errors import BadFrame, BadRequest
from tests.core.grammar import ANY_TEXT, COMMANDS, INSTEAD, commands, spoiled_commands, values
from tests.every_feature import WHOLE

# The same inputs each time: fuzzing is where new ones are looked for.
EXAMPLES = settings(
    derandomize=True,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow],  # of a machine that is
)


def test_the_grammar_has_every_command() -> None:
    assert set(COMMANDS) == {kind.__struct_config__.tag for kind in WHOLE.commands}


def test_the_grammar_has_every_field_of_every_command() -> None:
    for kind in WHOLE.commands:
        tag = str(kind.__struct_config__.tag)
        required, optional = COMMANDS[tag]
        named = {*required, *optional, "ref", *INSTEAD.get(tag, ("", "", None))[1:2]} - {""}
        assert named == {*kind.__struct_encode_fields__, "ref"}, tag


@EXAMPLES
@given(st.dictionaries(ANY_TEXT, values(), max_size=5))
def test_any_object_reads_back_as_it_was_written(message: dict[str, Any]) -> None:
    assert wire.decode_object(wire.encode_one(message)) == message
    assert json.loads(wire.encode([message])) == [message]


@EXAMPLES
@given(values(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]), st.booleans())
def test_of_all_json_only_an_object_in_utf8_is_a_frame(
    value: Any, encoding: str, ascii_only: bool
) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode(encoding, "replace")
    try:
        message = wire.decode_object(data)
    except BadFrame:
        assert not isinstance(value, dict) or encoding != "utf-8"
    else:
        assert isinstance(value, dict)
        assert encoding in ("utf-8", "latin-1")  # which may be the same bytes
        assert message == value or encoding == "latin-1"


@EXAMPLES
@given(commands())
def test_every_command_of_the_protocol_is_read_with_every_field(message: dict[str, Any]) -> None:
    command = WHOLE.command(wire.decode_object(json.dumps(message)))
    written = wire.as_message(command)
    assert {name: written[name] for name in message} == message
    assert WHOLE.command(wire.decode_object(wire.encode_one(command))) == command


@EXAMPLES
@given(spoiled_commands())
def test_a_command_with_one_wrong_field_is_refused_by_the_name_of_that_field(
    spoiled: tuple[dict[str, Any], str],
) -> None:
    message, name = spoiled
    try:
        WHOLE.command(wire.decode_object(json.dumps(message)))
    except BadRequest as refusal:
        told = refusal.message
        if told.startswith("give exactly one of "):
            assert message[name] is None and f"`{name}`" in told, told
        else:
            assert told.startswith((f"`{name}`", f"`{name}[")), told
    else:
        raise AssertionError(f"{message} is taken for a command")


@EXAMPLES
@given(commands(), st.text(min_size=1), values())
def test_a_field_too_many_is_refused_by_its_name(
    message: dict[str, Any], name: str, value: Any
) -> None:
    known = {*wire.as_message(WHOLE.command(message))}
    if name in known:
        return
    try:
        WHOLE.command({**message, name: value})
    except BadRequest as refusal:
        assert name in refusal.message
    else:
        raise AssertionError(f"{name} is taken for a field")


@EXAMPLES
@given(commands(), st.data())
def test_any_bytes_are_a_command_or_a_clear_error_and_never_anything_else(
    message: dict[str, Any], data: st.DataObject
) -> None:
    text = bytearray(json.dumps(message).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        until = data.draw(st.integers(at, min(len(text), at + 8)))
        text[at:until] = data.draw(st.binary(max_size=8))
    try:
        command = WHOLE.command(wire.decode_object(bytes(text)))
    except (BadFrame, BadRequest) as refusal:
        assert str(refusal)
    else:
        assert WHOLE.command(wire.as_message(command)) == command


@EXAMPLES
@given(st.binary(max_size=200))
def test_bytes_that_are_no_json_object_are_a_bad_frame(data: bytes) -> None:
    try:
        message = wire.decode_object(data)
    except BadFrame as refusal:
        assert str(refusal) in ("not JSON", "not a JSON object")
    else:
        assert isinstance(json.loads(data), dict)
        assert message == json.loads(data)
