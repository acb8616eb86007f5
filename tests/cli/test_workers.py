"""`liveshop serve --workers N`: several nodes on one port that come and go together."""

import os
import re
import signal
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import is_ready, make_session, program, serving
from tests.client import joined
from tests.waiting import wait_until


def children(pid: int) -> set[int]:
    """Return the processes that a process has started and that still run."""
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def runs(pid: int) -> bool:
    """Return True if a process runs."""
    return Path(f"/proc/{pid}").exists()


def listeners(port: int) -> int:
    """Return how many sockets listen on a port."""
    wanted = f":{port:04X} 00000000:0000 0A "
    return sum(wanted in line for line in Path("/proc/net/tcp").read_text().splitlines())


def metric(url: str, name: str) -> float:
    """Return a metric without labels."""
    (value,) = re.findall(rf"^{name} (\S+)$", httpx.get(f"{url}/metrics").text, re.MULTILINE)
    return float(value)


async def test_workers_share_a_port_and_their_metrics_and_one_that_dies_is_replaced(
    redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = serving(redis_url, postgres_url, port)
    with program("serve", "--workers", "2", environment=environment) as process:
        wait_until(lambda: listeners(port) == 2)
        wait_until(lambda: is_ready(url))
        session_id = make_session(url)
        first = children(process.pid)
        assert len(first) == 2
        async with AsyncExitStack() as stack:
            viewers = [
                await stack.enter_async_context(joined(f"ws://127.0.0.1:{port}", session_id))
                for _ in range(24)
            ]
            assert metric(url, "liveshop_viewers") == 24
            assert metric(url, "liveshop_joins_total") == 24
            victim = min(first)
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: listeners(port) == 2 and victim not in children(process.pid))
            # Viewers who are gone are no longer shown, joins that were counted are.
            assert metric(url, "liveshop_joins_total") == 24
            wait_until(lambda: metric(url, "liveshop_viewers") < 24)
            process.send_signal(signal.SIGTERM)
            codes = [(await viewer.closed()).code for viewer in viewers]
            assert set(codes) == {1006, 4001}
        workers = children(process.pid)
        assert process.wait() == 0
    assert not any(map(runs, first | workers))
    assert listeners(port) == 0


def test_workers_die_with_their_supervisor(redis_url: str, postgres_url: str) -> None:
    port = free_port()
    environment = serving(redis_url, postgres_url, port)
    with program("serve", "--workers", "2", environment=environment) as process:
        wait_until(lambda: listeners(port) == 2)
        process.kill()
        process.wait()
        wait_until(lambda: listeners(port) == 0)


def test_a_port_that_is_taken_is_told_before_any_worker_starts(
    redis_url: str, postgres_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        environment = serving(redis_url, postgres_url, port)
        with program("serve", "--workers", "2", environment=environment) as process:
            assert process.wait() == 1
            assert process.stdout is not None
            assert "another program listens there" in process.stdout.read()
