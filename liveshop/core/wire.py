"""The codec: bytes to records and messages to bytes, in the words of the protocol."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
import orjson

from liveshop.core import limits
from liveshop.core.errors import BadFrame, BadRequest, LiveshopError
from liveshop.core.events import Event, UnknownEvent
from liveshop.core.fields import PATTERN_WORDS
from liveshop.core.frames import SharedFrame, text_frame

T = TypeVar("T")
Message = dict[str, Any]


# "Expected `int` >= 1 - at `$.count`", as msgspec says it, or "- at `key` in `$.prices`"
_AT = " - at "
_KEY_IN = "`key` in "
_ERROR = b'{"type":"error",'
_FAULT_PATTERN = "Expected `str` matching regex "
_PATTERN_WORDS = {repr(pattern): words for pattern, words in PATTERN_WORDS.items()}


def decode_object(data: bytes | str) -> Message:
    """Read one JSON object; BadFrame if it is anything else."""
    try:
        decoded = orjson.loads(data)
    except orjson.JSONDecodeError as exc:
        raise BadFrame("not JSON") from exc
    if not isinstance(decoded, dict):
        raise BadFrame("not a JSON object")
    return decoded


def decode_body(data: bytes, shape: type[T]) -> T:
    """Read the body of an HTTP request; BadRequest names the field at fault."""
    try:
        message = decode_object(data)
    except BadFrame as exc:
        raise BadRequest(f"the body is {exc}") from exc
    return cast(T, decode_as(message, shape))


def decode_query(fields: Mapping[str, str], shape: Any) -> Any:
    """Read the fields of a query string, numbers as digits; BadRequest names the field."""
    try:
        asked = msgspec.convert(fields, shape, strict=False)
    except msgspec.ValidationError as exc:
        raise BadRequest(_in_words(str(exc))) from exc
    for name in fields:
        if getattr(asked, name) is None:
            # The text `null`, which msgspec takes for no number: a field may be left out instead.
            raise BadRequest(f"`{name}`: Expected another form")
    return asked


def decode_as(message: Any, shape: Any) -> Any:
    """Check decoded JSON against a type and return the instance; BadRequest names the field."""
    try:
        return msgspec.convert(message, shape)
    except msgspec.ValidationError as exc:
        raise BadRequest(_in_words(str(exc))) from exc


def ref_of(message: Mapping[str, Any]) -> int | None:
    """Return the `ref` to answer with, None where there is no usable one."""
    ref = message.get("ref")
    usable = isinstance(ref, int) and not isinstance(ref, bool) and 0 <= ref <= limits.REF_MAX
    return ref if usable else None


def as_message(record: msgspec.Struct) -> Message:
    """Return a record as the dict that its JSON is made of."""
    return cast(Message, msgspec.to_builtins(record))


def event_message(event: Event) -> Message:
    """Return the message of an event: its type, offset, instant and facts."""
    return event.body if isinstance(event, UnknownEvent) else as_message(event)


def encode(messages: Sequence[Any]) -> bytes:
    """Write messages, records of ours among them, as the JSON array that a frame carries."""
    return orjson.dumps(messages, default=_builtins)


def encode_one(message: Any) -> bytes:
    """Write one value as JSON: a body of HTTP, of the log or of the bus."""
    return orjson.dumps(message, default=_builtins)


def _builtins(record: Any) -> Any:
    return record.body if isinstance(record, UnknownEvent) else msgspec.to_builtins(record)


def frame(*messages: Any) -> bytes:
    """Write messages as one complete WebSocket frame."""
    return text_frame(encode(messages))


def error_frame(failure: LiveshopError, ref: int | None) -> bytes:
    """Write why a command was refused; `ref` is always there, null where none was usable."""
    if not failure.written:
        failure.written = encode_one(failure.as_message()).removeprefix(_ERROR)
    answered = b"null" if ref is None else b"%d" % ref
    return text_frame(b'[%s"ref":%s,%s]' % (_ERROR, answered, failure.written))


def shared_frame(*messages: Any) -> SharedFrame:
    """Write messages as one frame that goes to many viewers."""
    return SharedFrame(encode(messages))


def _in_words(fault: str) -> str:
    """Say msgspec's fault the way people read it, the field first."""
    # The last place is msgspec's: before it stand names that a client has made up.
    reason, _, place = fault.rpartition(_AT)
    if not place.removeprefix(_KEY_IN).startswith("`$"):
        reason, place = fault, ""
    path = place.removeprefix(_KEY_IN).removeprefix("`$").removeprefix(".").removesuffix("`")
    if reason.startswith(_FAULT_PATTERN):
        words = _PATTERN_WORDS.get(reason.removeprefix(_FAULT_PATTERN))
        reason = f"Expected {words}" if words else "Expected another form"
    elif path == "type" and reason.startswith("Invalid value"):
        return "`type`: there is no such command"
    if not path:
        return reason
    return f"`{path}`: {'in a key: ' if place.startswith(_KEY_IN) else ''}{reason}"
