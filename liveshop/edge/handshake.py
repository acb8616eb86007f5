"""The opening handshake: a request's head in, the response out.

Thousands of browsers ask in the same words: all but a few fields of their heads, the key among
them, are alike. So what `websockets` negotiates is worked out once for each set of words, and
each handshake only answers its key.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.utils import accept_key

from liveshop.core import limits, wire
from liveshop.core.errors import LiveshopError, NotFound
from liveshop.core.fields import is_id
from liveshop.edge.http_input import UnfitHead
from liveshop.edge.websocket import WebSocket

_PATH: Final = "/ws/sessions/"
_KEY: Final = "sec-websocket-key"
_KEY_BYTES: Final = 16
_QUERY_FIELDS_MAX: Final = 16
_ANY_KEY: Final = base64.b64encode(bytes(_KEY_BYTES)).decode()
# The fields that decide what is agreed; repeated ones come as one, joined by commas.
_TERMS: Final = (
    "connection",
    "upgrade",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
)
# And the fields that the gateway looks at besides them. The rest of a head is not kept.
_WANTED: Final = {
    name.encode(): name
    for name in (*_TERMS, _KEY, "host", "origin", "x-forwarded-for", "x-forwarded-host")
}


class Head(NamedTuple):
    """The head of a request: of its fields, those that matter here, their names in small."""

    method: str
    path: str
    fields: Mapping[str, str]


class Agreement(NamedTuple):
    """The response around the answer to the key, and whether shared frames may be compressed."""

    before_key: bytes
    after_key: bytes
    deflates: bool


def read_head(method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Head:
    """Read the head of a request that was parsed already, with the names of its fields in small."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = _WANTED.get(raw_name)
        if name is not None:
            value = raw_value.decode("latin-1")
            # As RFC 9110 has it: a repeated field is a list.
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return Head(method, target.decode("latin-1"), fields)


def shake_hands(head: Head) -> tuple[bytes, bool] | Response:
    """Return the response and whether frames may be compressed, or the response that refuses."""
    try:
        agreement = _agree(head.method, tuple(map(head.fields.get, _TERMS)))
    except UnfitHead as unfit:
        return _refusal(431, "Request Header Fields Too Large", unfit.refusal)
    key = head.fields.get(_KEY, "")
    if agreement is None or not _is_key(key):
        response, _ = _negotiate(head.method, head.fields)
        return response
    before_key, after_key, deflates = agreement
    return before_key + accept_key(key).encode() + after_key, deflates


@lru_cache(maxsize=256)
def _agree(method: str, terms: tuple[str | None, ...]) -> Agreement | None:
    fields = {name: value for name, value in zip(_TERMS, terms, strict=True) if value is not None}
    for name, value in fields.items():
        _require_short(name, value)
    response, deflates = _negotiate(method, fields | {_KEY: _ANY_KEY})
    if response.status_code != 101:
        return None
    before_key, after_key = response.serialize().split(accept_key(_ANY_KEY).encode())
    return Agreement(before_key, after_key, deflates)


def _negotiate(method: str, fields: Mapping[str, str]) -> tuple[Response, bool]:
    websocket = WebSocket()
    # The path decides nothing here.
    response = websocket.accept(Request("/", Headers(fields), method))
    # Neither is the response the same at another time of day, nor does HTTP ask for a date here.
    del response.headers["Date"]
    deflates = bool(websocket.extensions)
    websocket.release()
    return response, deflates


def _require_short(name: str, terms: str) -> None:
    """Raise UnfitHead for a list that takes the library, which reads them in Python, too long."""
    items = 1 + terms.count(",") + terms.count(";")
    if len(terms) > limits.LIST_FIELD_BYTES_MAX or items > limits.LIST_FIELD_ITEMS_MAX:
        raise UnfitHead(
            f"`{name.title().replace('socket', 'Socket')}` may have "
            f"{limits.LIST_FIELD_BYTES_MAX:,} bytes and {limits.LIST_FIELD_ITEMS_MAX} items"
        )


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def session_of(path: str) -> str | None:
    """Return the id of the session in a request's path; None if it is no path of ours.

    An id that cannot be one is returned as the empty string: no session has it.
    """
    path, _, _ = path.partition("?")
    if not path.startswith(_PATH):
        return None
    session_id = unquote(path.removeprefix(_PATH))
    return session_id if is_id(session_id) else ""


def turn_of(path: str) -> str | None:
    """Return the turn that a client shows in the query of a request's path, None without one."""
    _, _, query = path.partition("?")
    if not query:
        return None
    # Others may put fields of their own there, but a thousand of them must not cost anything.
    for field in query.split("&", _QUERY_FIELDS_MAX)[:_QUERY_FIELDS_MAX]:
        name, _, value = field.partition("=")
        if name == "turn":
            return unquote(value) if len(value) <= limits.TURN_CHARS_MAX else None
    return None


def not_here(path: str) -> Response:
    """Return the answer to an upgrade on a path that has no WebSocket."""
    return _refusal(404, "Not Found", NotFound("WebSocket at", path))


def _refusal(status: int, phrase: str, error: LiveshopError) -> Response:
    body = wire.encode_one(error.as_message())
    headers = Headers({"Connection": "close", "Content-Type": "application/json"})
    headers["Content-Length"] = str(len(body))
    return Response(status, phrase, headers, body)
