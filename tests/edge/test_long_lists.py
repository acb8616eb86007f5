"""Lists that strangers send are bounded before anything is done for each of their items."""

import json

import pytest

from liveshop.core import limits
from liveshop.core.origins import is_allowed
from liveshop.edge.handshake import read_head, shake_hands
from liveshop.edge.http_input import asks_for_websocket
from tests.edge.http_client import http_client
from tests.edge.raw_viewer import HEAD, RawViewer, raw_viewer
from tests.edge.stub_engine import Running, running
from tests.fuzz.bounds import calls_of

_REQUEST = "GET /a HTTP/1.1\r\nHost: x\r\n"
_LISTS = ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"]


async def _refused(here: Running, head: str) -> tuple[int, str]:
    """Send a head and return the status and the message of its refusal; then it is over."""
    async with http_client(here.address) as client:
        client.send(head.encode())
        status, _, body = await client.answer()
        refusal = json.loads(body)
        assert refusal["code"] == "bad_request"
        assert await client.rest() == b""
        return status, refusal["message"]


async def _status(here: Running, more: str) -> int:
    async with raw_viewer(here.address) as viewer:
        return await _status_of(viewer, more)


async def _status_of(viewer: RawViewer, more: str) -> int:
    await viewer.stream.send(HEAD.format(path="/ws/sessions/s1", more=more).encode())
    return (await viewer.read_answer())[0]


@pytest.mark.parametrize("separator", ["", "X-Long: " + "x" * 1_100 + "\r\n"])
async def test_a_head_of_a_hundred_fields_passes_and_one_more_is_431(separator: str) -> None:
    async with running() as here:
        # In one piece, or in several.
        head = f"{_REQUEST}{separator}"
        fields = "a: b\r\n" * (100 - head.count("\r\n") + 1)
        async with http_client(here.address) as client:
            assert await client.ask(f"{head}{fields}\r\n".encode()) == 200
        refusal = (431, "the head has over 100 fields")
        assert await _refused(here, f"{head}{fields}a: b\r\n\r\n") == refusal


async def test_too_many_fields_are_refused_before_the_head_ends() -> None:
    async with running() as here:
        refusal = (431, "the head has over 100 fields")
        assert await _refused(here, _REQUEST + "a: b\r\n" * 200) == refusal


@pytest.mark.parametrize("query", ["", "?" + "q" * 10_000])
async def test_a_path_of_2_kib_passes_and_one_byte_more_is_414(query: str) -> None:
    async with running() as here:
        path = "/" + "%41" * 682 + "a"
        assert len(path) == 2_048
        async with http_client(here.address) as client:
            assert await client.ask(f"GET {path}{query} HTTP/1.1\r\n\r\n".encode()) == 200
        refusal = await _refused(here, f"GET {path}a{query} HTTP/1.1\r\n\r\n")
        assert refusal == (414, "the path has over 2,048 bytes")


@pytest.mark.parametrize("name", _LISTS)
@pytest.mark.parametrize("more", [",a", ";b=1"])
async def test_a_list_of_32_items_is_read_and_one_more_is_431(name: str, more: str) -> None:
    if more[0] == ";" and name == "Sec-WebSocket-Protocol":
        more = ",b"
    async with running() as here:
        assert await _status(here, f"{name}: a{more * 31}\r\n") == 101
        refusal = f"`{name}` may have 1,024 bytes and 32 items"
        head = HEAD.format(path="/ws/sessions/s1", more=f"{name}: a{more * 32}\r\n")
        assert await _refused(here, head) == (431, refusal)
        # A field that is repeated is one list.
        head = HEAD.format(path="/ws/sessions/s1", more=f"{name}: a{more * 15}\r\n" * 3)
        assert await _refused(here, head) == (431, refusal)


@pytest.mark.parametrize("name", _LISTS)
async def test_a_list_of_1_kib_is_read_and_one_byte_more_is_431(name: str) -> None:
    async with running() as here:
        assert await _status(here, f"{name}: {'a' * 1_024}\r\n") == 101
        assert await _status(here, f"{name}: {'a' * 1_025}\r\n") == 431


async def test_what_a_browser_sends_beside_a_long_cookie_is_let_in() -> None:
    more = (
        "Cookie: " + "a=b; " * 2_500 + "\r\n"
        "Connection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Protocol: liveshop.v1\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    )
    async with running() as here:
        assert await _status(here, more) == 101


@pytest.mark.parametrize(
    "name", [*(name.lower() for name in _LISTS), "connection", "upgrade", "sec-websocket-version"]
)
def test_the_work_for_a_long_list_does_not_grow_with_it(name: str) -> None:
    calls = [
        calls_of(lambda size=size: _shaken(name, ",".join("a" * size)))  # type: ignore[misc]
        for size in (100, 7_000)
    ]
    assert calls[0] == calls[1]


def _shaken(name: str, value: str) -> None:
    fields = {"upgrade": "websocket", "connection": "upgrade"} | {name: value}
    headers = [(each.encode(), text.encode()) for each, text in fields.items()]
    asks_for_websocket(headers)
    shake_hands(read_head("GET", b"/ws/sessions/s1", headers))


def test_so_many_options_of_a_connection_are_looked_at() -> None:
    def asks(before: int) -> bool:
        options = b"x, " * before + b"Upgrade"
        return asks_for_websocket([(b"upgrade", b"WebSocket"), (b"connection", options)])

    assert [asks(before) for before in (0, 1, 31, 32, 5_000)] == [True, True, True, False, False]
    assert limits.LIST_FIELD_ITEMS_MAX == 32


def test_the_work_for_a_long_origin_does_not_grow_with_it() -> None:
    stars = [f"https://*.shop-{number}.example" for number in range(50)]

    def calls(labels: int) -> int:
        origin = "https://" + "a." * labels
        return calls_of(lambda: is_allowed(origin, stars))

    assert calls(200) == calls(7_000)


def test_an_origin_of_300_characters_may_match_a_star_and_a_longer_one_none() -> None:
    rest = ".shop.example:65535"
    longest = "https://" + "a" * (300 - len("https://" + rest)) + rest
    star = ["https://*.shop.example:65535"]
    assert (len(longest), is_allowed(longest, star)) == (300, True)
    longer = longest.replace("//a", "//aa")
    assert (is_allowed(longer, star), is_allowed(longer, [longer])) == (False, True)
