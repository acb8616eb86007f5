"""`liveshop work` as an operator runs it: its port, its waiting for PostgreSQL, its end."""

import signal
import socket
import threading

import httpx
import pytest

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import program
from tests.waiting import wait_until


def _status(port: int, path: str) -> int | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/{path}", trust_env=False).status_code
    except httpx.TransportError:
        return None


@pytest.mark.feature("change_feed")
def test_a_worker_lives_without_postgres_says_so_and_ends_well() -> None:
    port, nowhere = free_port(), free_port()
    environment = {
        "LIVESHOP_POSTGRES_URL": f"postgresql://127.0.0.1:{nowhere}/liveshop",
        "LIVESHOP_WORK_PORT": str(port),
    }
    with program("work", environment=environment) as process:
        wait_until(lambda: _status(port, "healthz") == 200 or process.poll() is not None)
        assert _status(port, "readyz") == 503
        assert process.stdout is not None
        last_resort = threading.Timer(30, process.kill)
        last_resort.start()
        assert any("PostgreSQL is away" in line for line in process.stdout)
        last_resort.cancel()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    # It is said once, however often it is asked.
    assert "PostgreSQL is away" not in output
    assert "Traceback" not in output


@pytest.mark.feature("change_feed", "webhooks")
def test_a_worker_works_once_there_are_its_tables(bare_postgres_url: str) -> None:
    port = free_port()
    environment = {"LIVESHOP_POSTGRES_URL": bare_postgres_url, "LIVESHOP_WORK_PORT": str(port)}
    with program("migrate", environment=environment) as migrate:
        assert migrate.wait(60) == 0
    with program("work", environment=environment) as process:
        wait_until(lambda: _status(port, "readyz") == 200 or process.poll() is not None)
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert "liveshop_relay_lag_seconds" in metrics
        assert "liveshop_webhook_sends_total" in metrics
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert "stopping: what is under way is finished" in output


def test_a_port_that_is_taken_ends_the_command_with_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with program("work", environment={"LIVESHOP_WORK_PORT": port}) as process:
            output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert output.startswith("Error: cannot listen on 127.0.0.1:") and "WORK_PORT" in output
