"""No program outlives the process of tests that started it, however that ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import is_ready, serving
from tests.waiting import wait_until

_TESTS = """
import json, sys, time
from tests.cli.programs import program
from tests.forked import forked

run = {"program": program, "forked": forked}[sys.argv[1]]
with run("serve", environment=json.loads(sys.argv[2])) as process:
    print(process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("run", ["program", "forked"])
def test_a_server_ends_with_a_process_of_tests_that_is_killed(
    run: str, redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    environment = json.dumps(serving(redis_url, postgres_url, port))
    with subprocess.Popen(
        [sys.executable, "-c", _TESTS, run, environment],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as tests:
        try:
            assert tests.stdout is not None
            server = Path("/proc", tests.stdout.readline().strip())
            wait_until(lambda: is_ready(f"http://127.0.0.1:{port}"))
        finally:
            tests.kill()
    wait_until(lambda: not server.exists() or ") Z " in (server / "stat").read_text())
