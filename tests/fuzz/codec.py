"""Targets of the codec: JSON objects, commands, bodies of HTTP, tokens."""

import json
import re
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from jwt.api_jws import PyJWS

from liveshop.core import limits, messages, wire
from liveshop.core.errors import BadFrame, BadRequest, LiveshopError, Unauthorized
from liveshop.core.fields import is_id
from liveshop.edge.http.app import operations
from liveshop.edge.tokens import Tokens
from tests.fuzz.target import Target
from tests.vocabulary import VOCABULARY

_PROTOCOL: Final = Path(__file__).parents[2] / "docs" / "protocol.md"
_SHAPES: Final = [
    shape
    for shape in (each.reads or each.body for each in operations(VOCABULARY))
    if hasattr(shape, "__struct_fields__")
]
_SECRET: Final = "a secret of so many bytes that every algorithm finds it long enough"
_SIGNER: Final = PyJWS()
_TOKENS: Final = Tokens(secret=_SECRET)
# A refusal may add so much to the words of the one who is refused, each character escaped.
_REFUSAL_BYTES: Final = 400
_INSIDES: Final = re.compile(r"msgspec|liveshop\.|Traceback|object at 0x|\\x1f")


def _examples(kind: str) -> list[bytes]:
    found = re.findall(rf"^```json {kind}.*?\n(.*?)^```", _PROTOCOL.read_text(), re.M | re.S)
    return [text.strip().encode() for text in found]


def check_json(data: bytes) -> None:
    """An object that is read is one to every other reader, and reads back as it was."""
    try:
        message = wire.decode_object(data)
    except BadFrame:
        return
    assert isinstance(message, dict)
    assert wire.decode_object(wire.encode_one(message)) == message
    assert set(json.loads(data)) == set(message), "another reader sees other fields"
    ref = wire.ref_of(message)
    assert ref is None or 0 <= ref <= limits.REF_MAX


def check_command(data: bytes) -> None:
    """A command reads back as it was; a refusal is `bad_request`, short, and can be sent."""
    try:
        message = wire.decode_object(data)
    except BadFrame:
        return
    try:
        command = VOCABULARY.command(message)
    except BadRequest as refusal:
        _check_refusal(refusal, message, data)
    else:
        again = wire.decode_object(wire.encode_one(wire.as_message(command)))
        assert VOCABULARY.command(again) == command


def check_body(data: bytes) -> None:
    """A body reads back as it was, whatever the shape that is asked of it."""
    if not data:
        return
    shape, text = _SHAPES[data[0] % len(_SHAPES)], data[1:]
    try:
        record: Any = wire.decode_body(text, shape)
    except BadRequest as refusal:
        _check_refusal(refusal, {}, data)
    else:
        assert wire.decode_body(wire.encode_one(record), shape) == record


def check_token(data: bytes) -> None:
    """Nothing is taken for a token unless it was signed, and then only claims that fit."""
    _read(data.decode("latin-1"))
    signed = _SIGNER.encode(data, _SECRET, "HS256")
    _read(signed)
    # Without its signature, with half of one or by another algorithm, it does not hold.
    head, payload, _ = signed.split(".")
    for forged in (f"{head}.{payload}.", signed[:-8], _SIGNER.encode(data, _SECRET, "HS512")):
        try:
            _TOKENS.read(forged)
        except Unauthorized:
            continue
        raise AssertionError(f"{forged} opens the door")


def _read(token: str) -> None:
    try:
        grant = _TOKENS.read(token)
    except Unauthorized:
        return
    identity = grant.identity
    assert is_id(identity.viewer_id)
    assert len(identity.name) <= limits.NAME_CHARS_MAX
    assert grant.session_id is None or is_id(grant.session_id)
    wire.frame(messages.welcome(None, identity, now_ms=0, ping_ms=1))


def _check_refusal(refusal: LiveshopError, message: dict[str, Any], data: bytes) -> None:
    frame = wire.error_frame(refusal, wire.ref_of(message))
    assert len(frame) <= 6 * len(data) + _REFUSAL_BYTES, "an error that is longer than its cause"
    assert refusal.message
    words = refusal.message
    assert _INSIDES.search(words) is None or _INSIDES.search(data.decode("latin-1")), words


_WORDS: Final = [
    *(f'"{kind.__struct_config__.tag}"'.encode() for kind in VOCABULARY.commands),
    *(f'"{name}":'.encode() for kind in VOCABULARY.commands for name in kind.__struct_fields__),
    *(f'"{name}":'.encode() for shape in _SHAPES for name in shape.__struct_fields__),
    *(b'"type":', b"null", b"true", b"1e999", b"-0", b"\\ud83d\\ude00", b"9007199254740992"),
    b'"5f2b8a34-52a5-4c26-9b0f-3f9a3d1c7e55"',
]
_CLAIMS: Final = [
    b'{"sub": "ada", "role": "viewer", "exp": 4000000000}',
    b'{"sub": "ada", "role": "admin", "name": "Ada", "session": "s1", "exp": 4e9, "nbf": 1}',
    b'{"sub": "ada", "role": "host", "exp": 4000000000, "iat": "x", "aud": ["a"], "iss": 5}',
]

JSON: Final = Target(check_json, [*_examples("client"), b'{"a": [{}], "b": {"c": 1.5}}'], _WORDS)
COMMAND: Final = Target(check_command, _examples("client"), _WORDS)
BODY: Final = Target(
    check_body,
    [
        bytes([number]) + text
        for number, text in zip(cycle(range(len(_SHAPES))), 9 * _examples("body"), strict=False)
    ],
    _WORDS,
)
TOKEN: Final = Target(
    check_token,
    [*_CLAIMS, *(_SIGNER.encode(text, _SECRET).encode() for text in _CLAIMS)],
    [b'"sub":', b'"role":', b'"exp":', b'"nbf":', b'"crit":', b'"b64":', b'"alg":', b'"none"'],
    peak_bytes=1_048_576,
)
