"""The text that strangers can bring into the log, and how much of it."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_network

import pytest

from liveshop.core import limits
from liveshop.edge.line_limit import LineLimit
from tests.client import Closed, connected, joined
from tests.edge.raw_viewer import BINARY, raw_viewer
from tests.edge.stub_engine import Clock, Running, running
from tests.waiting import until

LINES = limits.LOG_LINES_PER_SECOND_MAX
OFTEN = 40
PROXIED = {"trusted_proxies": (ip_network("127.0.0.0/8"),)}


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


async def send(here: Running, head: bytes) -> bytes:
    """Send bytes, and return what comes back first."""
    reader, writer = await asyncio.open_connection(*here.address)
    writer.write(head)
    answer = await reader.read(65_536)
    writer.close()
    await writer.wait_closed()
    return answer


async def garbage(here: Running, number: int) -> None:
    assert (await send(here, b"\x16\x03\x01 %d\r\n\r\n" % number)).startswith(b"HTTP/1.1 400 ")


async def other_upgrade(here: Running, number: int) -> None:
    head = b"GET /%d HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" % number
    assert b" 200 " in (await send(here, head))[:20]


async def broken_page(here: Running, number: int) -> None:
    head = b"GET /broken?%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % number
    assert (await send(here, head)).startswith(b"HTTP/1.1 500 ")


async def broken_command(here: Running, number: int) -> None:
    async with joined(here.url, "s1") as client:
        await client.send("like", count=13)
        error = await client.wait_for_type("error")
        assert error["code"] == "internal"


async def store_away(here: Running, number: int) -> None:
    async with connected(here.url, "s3") as client:
        await until(lambda: here.engine.looked_up == ["s3"] * (number + 1))
        await client.hello()


async def broken_session(here: Running, number: int) -> None:
    async with connected(here.url, "broken"):
        await until(lambda: here.engine.looked_up == ["broken"] * (number + 1))


async def broken_callback(here: Running, number: int) -> None:
    problem = {"message": f"callback {number} failed", "exception": ZeroDivisionError()}
    asyncio.get_running_loop().call_exception_handler(problem)


async def broken_parser(here: Running, number: int) -> None:
    # No bytes are known that make the library's parser fail; it would log as follows.
    logging.getLogger("liveshop.edge.websocket").error("parser failed", exc_info=True)


@pytest.mark.parametrize(
    ("provoke", "logger", "text"),
    [
        (broken_page, "uvicorn.error", "Exception in ASGI application\n"),
        (broken_command, "liveshop.edge.viewer_socket", "Like failed"),
        (store_away, "liveshop.edge.gateway", "session s3: not loaded yet; "),
        (
            broken_session,
            "liveshop.edge.gateway",
            "session broken: loading failed",
        ),
        (broken_callback, "asyncio", "callback "),
        (broken_parser, "liveshop.edge.websocket", "parser failed"),
    ],
)
async def test_what_strangers_cause_logs_five_lines_a_second_of_each_kind(
    logged: pytest.LogCaptureFixture,
    provoke: Callable[[Running, int], Awaitable[None]],
    logger: str,
    text: str,
) -> None:
    async with running() as here:
        for number in range(OFTEN):
            await provoke(here, number)
        lines = await lines_of(logged, logger, LINES)
        assert all(line.startswith(text) for line in lines)
        here.clock.advance(1_000)
        await provoke(here, OFTEN)
        *_, last = await lines_of(logged, logger, LINES + 1)
        assert last.endswith(f"({OFTEN - LINES} more like this were not logged)")


async def test_clients_whose_address_cannot_be_read_log_one_line_an_hour(
    logged: pytest.LogCaptureFixture,
) -> None:
    async with running(**PROXIED) as here:

        async def come(number: int) -> None:
            headers = {"X-Forwarded-For": f"unknown-{number}"}
            async with connected(here.url, "s1", headers=headers) as client:
                await client.hello()

        for number in range(OFTEN):
            await come(number)
        said = "the client that the proxy 127.0.0.1 names cannot be read: "
        assert await lines_of(logged, "liveshop.edge.clients", 1) == [f"{said}'unknown-0'"]
        here.clock.advance(3_600_000)
        # Nobody would be answered who was silent for an hour, so this one is asked directly.
        here.server.gateway.clients.key("127.0.0.1", ["unknown-40"])
        assert (await lines_of(logged, "liveshop.edge.clients", 2))[1] == (
            f"{said}'unknown-40' ({OFTEN - 1} more like this were not logged)"
        )


async def test_what_strangers_do_wrong_logs_nothing(logged: pytest.LogCaptureFixture) -> None:
    async with running() as here:
        logged.clear()
        await garbage(here, 1)
        await other_upgrade(here, 1)
        async with connected(here.url, "s1") as client:
            await client.send("hello", token="a.b.c")
            assert (await client.closed()).code == 4502
        async with connected(here.url, "nobody") as client:
            assert (await client.closed()).code == 4505
        async with connected(here.url, "s1", origin="https://evil.example") as client:
            assert (await client.closed()).code == 4506
        async with raw_viewer(here.address) as viewer:
            await viewer.join()
            await viewer.send(BINARY, b"x")
            assert await viewer.close_code() == 4501
        async with raw_viewer(here.address) as viewer:
            await viewer.join()
            await viewer.send(0x3, b"x")
            assert await viewer.close_code() == 1002
        with socket.create_connection(here.address) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        await send(here, b"GET /x?" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n")
        async with connected(here.url, "s1") as client:
            with pytest.raises(Closed):
                await client.ask("say", text="no hello before")
        assert [record.getMessage() for record in logged.records] == []


async def test_what_operators_and_stores_cause_is_never_held_back(
    logged: pytest.LogCaptureFixture,
) -> None:
    async with running():
        for name in (
            "liveshop.stores.redis.link",
            "liveshop.session",
            "liveshop.engine.rooms.rooms",
        ):
            for number in range(OFTEN):
                logging.getLogger(name).warning("session %s: rebuilding", number)
            await lines_of(logged, name, OFTEN)
        for number in range(OFTEN):
            logging.getLogger("liveshop.session").info("session %s: it is settled", number)
        await lines_of(logged, "liveshop.session", 2 * OFTEN)


async def test_the_log_is_as_it_was_once_the_server_has_stopped() -> None:
    names = ("asyncio", "uvicorn.error", "liveshop.session", "liveshop.edge.clients")
    before = [list(logging.getLogger(name).filters) for name in names]
    async with running():
        assert all(logging.getLogger(name).filters for name in names)
    assert [logging.getLogger(name).filters for name in names] == before


def test_kinds_are_told_apart_by_place_and_text_and_not_by_what_they_are_about() -> None:
    limit = LineLimit((logging.ERROR,), 1, 1_000, Clock())

    def passes(line: int, text: str, *args: object, part: str = "") -> bool:
        record = logging.LogRecord("x", logging.ERROR, "x.py", line, text, args, None)
        record.part = part
        return limit.filter(record)

    assert [passes(1, "%s failed", "a"), passes(1, "%s failed", "b")] == [True, False]
    assert [passes(2, "%s failed", "a"), passes(1, "%s broke", "a")] == [True, True]
    assert [passes(1, "%s failed", "a", part="writer"), passes(3, "a"), passes(3, "b")] == [
        *(True, True, False)
    ]
    # Not even texts with places of their own make more lines than there are kinds.
    passed = sum(passes(line, "%s", line) for line in range(1_000))
    assert passed == limits.LOG_KINDS_MAX - 5 + 1


async def lines_of(logged: pytest.LogCaptureFixture, logger: str, count: int) -> list[str]:
    """Return the lines that a logger wrote, of which there are to be so many."""

    def lines() -> list[str]:
        # uvicorn says how it starts and stops there, too.
        return [
            record.getMessage()
            for record in logged.records
            if record.name == logger
            and (logger != "uvicorn.error" or record.levelno >= logging.WARNING)
        ]

    await until(lambda: len(lines()) >= count)
    assert len(lines()) == count
    return lines()
