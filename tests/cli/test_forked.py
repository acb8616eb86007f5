"""A fork of the template does what the program of the same arguments does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import is_ready, program, serving
from tests.forked import Forked, forked
from tests.waiting import wait_until


def _up(process: Forked, port: int) -> None:
    wait_until(lambda: is_ready(f"http://127.0.0.1:{port}") or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]


@pytest.mark.parametrize("arguments", [("--version",), ("serve",), ("serve", "--workers", "0")])
def test_a_fork_says_and_returns_what_the_program_does(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVESHOP_PORT", "this setting of ours is none of theirs")
    settings = {"LIVESHOP_POSTGRES_URL": "postgresql://127.0.0.1:1/none"}
    with program(*arguments, environment=settings) as real:
        said = real.communicate()[0]
    with forked(*arguments, environment=settings) as fork:
        assert fork.communicate() == (said, None)
    assert fork.returncode == real.returncode


def test_a_fork_does_the_work_of_the_program(redis_url: str, postgres_url: str) -> None:
    with forked("audit", environment=serving(redis_url, postgres_url, free_port())) as audit:
        assert audit.communicate()[0] == "Every promise is kept.\n"
    assert audit.returncode == 0


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_a_fork_ends_in_order_or_is_killed(
    number: signal.Signals, code: int, redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    with forked("serve", environment=serving(redis_url, postgres_url, port)) as process:
        _up(process, port)
        process.send_signal(number)
        assert process.wait() == code
        assert not is_ready(f"http://127.0.0.1:{port}")


def test_a_fork_is_killed_at_the_end_and_leaves_no_zombie(
    redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    with forked("serve", environment=serving(redis_url, postgres_url, port)) as process:
        _up(process, port)
    assert process.returncode == -signal.SIGKILL
    assert not Path("/proc", str(process.pid)).exists()


def test_orphans_of_other_programs_are_not_ours() -> None:
    orphan = "import os; os.fork() or (os.setsid(), print(os.getpid(), flush=True), input())"
    with forked("--version", environment={}) as process:
        process.wait()
    with subprocess.Popen(
        [sys.executable, "-c", orphan], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = parent.stdout.readline().strip()
        parent.wait()
        fields = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()
        assert int(fields[1]) != os.getpid()
