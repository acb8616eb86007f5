"""`python -m loadtests.bus`: the cost of many nodes for the one Redis slot of a session."""

import socket
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import anyio
import click

from liveshop.cli.local_stores import running
from liveshop.cli.local_valkey import LocalValkey
from liveshop.core.model import Totals
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.live import SessionLive
from liveshop.stores.redis.units import SessionUnits
from loadtests.kit import system
from loadtests.kit.report import Report, table
from loadtests.kit.worker import WorkerFailed

_NODES: Final = (1, 10, 100, 500)
_EVENT_BYTES: Final = 400
# The message of a reserve call of 64 purchases to the other nodes, at some 230 bytes each.
_PARCEL_BYTES: Final = 15_000
_MESSAGES: Final = 400
_PULSES: Final = 200
_CHANNEL: Final = "bench"
_SUBSCRIBED: Final = b"$5\r\nbench\r\n:1\r\n"
_ANSWER_S_MAX: Final = 10.0
_NOTHING: Final = Totals(orders=0, units=0, revenue=0, version=0)


@click.command()
def main() -> None:
    """Measure Valkey's CPU for a bus message per node, and for a pulse with so many nodes."""
    report = Report(system.machine(), "python -m loadtests.bus")
    with tempfile.TemporaryDirectory(prefix="liveshop-bus-") as name:
        valkey = LocalValkey(Path(name))
        with running(valkey):
            anyio.run(_measure, valkey, report, backend_options={"use_uvloop": True})
    click.echo(table(report.figures))


async def _measure(valkey: LocalValkey, report: Report) -> None:
    link, library = RedisLink(valkey.url), Library()
    async with anyio.create_task_group() as tasks:
        await tasks.start(link.run)
        while not link.connected:  # noqa: ASYNC110 -- it has no event to wait for
            await anyio.sleep(0.01)
        assert valkey.process is not None, "it runs"
        pid = valkey.process.pid
        await library.load(link)
        for nodes in _NODES:
            for size in (_EVENT_BYTES, _PARCEL_BYTES):
                cost_us = await _publish(link, valkey, nodes, size)
                report.add("bus", f"{size:,} bytes to {nodes} nodes", cost_us, "µs/node")
            cost_us = await _beat(link, library, pid, nodes)
            report.add("pulse", f"one of {nodes} nodes", cost_us, "µs")
        tasks.cancel_scope.cancel()


async def _publish(link: RedisLink, valkey: LocalValkey, nodes: int, size: int) -> float:
    """Return Valkey's CPU for one message to one of so many nodes."""
    assert valkey.process is not None, "it runs"
    with ExitStack() as stack:
        hearing = [stack.enter_context(_subscribed(valkey)) for _ in range(nodes)]
        payload = b"x" * size
        before = system.cpu_ns(valkey.process.pid)
        for _ in range(_MESSAGES):
            await link.call("PUBLISH", _CHANNEL, payload)
            drain(hearing)
        spent = system.cpu_ns(valkey.process.pid) - before
    return spent / 1_000 / _MESSAGES / nodes


def _subscribed(valkey: LocalValkey) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", valkey.port))
    password = valkey.url.partition("redis://:")[2].partition("@")[0]
    subscribe(sock, password)
    time.sleep(0.001)
    return sock


def subscribe(sock: socket.socket, password: str) -> None:
    """Hear a channel from now on, without blocking; raises WorkerFailed if Valkey refuses."""
    sock.settimeout(_ANSWER_S_MAX)
    sock.sendall(f"AUTH {password}\r\nSUBSCRIBE {_CHANNEL}\r\n".encode())
    answer = b""
    # Not the name of the command, which a refusal may quote.
    while not answer.endswith(_SUBSCRIBED):
        answer += _received(sock, 1_024)
        if answer.startswith(b"-") or b"\r\n-" in answer:
            raise WorkerFailed(f"Valkey refuses: {answer.decode(errors='replace').strip()}")
    sock.setblocking(False)


def drain(hearing: Sequence[socket.socket]) -> None:
    """Read what has come; raises WorkerFailed where Valkey has hung up."""
    for sock in hearing:
        with suppress(BlockingIOError):
            while True:
                _received(sock, 1_048_576)


def _received(sock: socket.socket, most: int) -> bytes:
    data = sock.recv(most)
    if not data:
        raise WorkerFailed("Valkey has hung up")
    return data


async def _beat(link: RedisLink, library: Library, pid: int, nodes: int) -> float:
    """Return Valkey's CPU for the pulse of a node among so many."""
    session_id = f"pulse-{nodes}"
    units = SessionUnits(link, library, session_id)
    await units.fence(1)
    await units.load(1, now_ms_min=1, rows=(), totals=_NOTHING)
    live = SessionLive(link, library, session_id)
    spent = 0
    for number in range(max(nodes, _PULSES)):
        before = system.cpu_ns(pid)
        await live.pulse(
            1,
            node=f"node-{number % nodes:030d}",
            features=("chat",),
            viewers=10_000,
            likes_added=3,
            likes_seen=0,
            peak_seen=0,
            tick_seen="",
            chat_after="",
        )
        spent += (system.cpu_ns(pid) - before) * (number >= max(nodes, _PULSES) - _PULSES)
    return spent / 1_000 / _PULSES


if __name__ == "__main__":
    main()
