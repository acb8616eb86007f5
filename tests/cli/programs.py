"""Run `liveshop` as a process of its own, and wait for what it does."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from liveshop.cli.subprocesses import die_with_parent
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.waiting import wait_until

LIVESHOP = Path(sys.executable).with_name("liveshop")
SECRET = "s" * 32
_DEADLINE_S = 60
_ANSWER_S_MAX = 5
_OUTPUT_BYTES_MAX = 1_048_576  # as much as Linux lets anybody have


@contextmanager
def program(
    *arguments: str | Path,
    environment: dict[str, str] | None = None,
    command: Sequence[str | Path] = (LIVESHOP,),
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run `liveshop`, or another command, with arguments; at the end it is killed if it runs."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("LIVESHOP_")}
    process = subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=inherited | (environment or {}),
        cwd=folder,
        # Nobody reads what a server logs: with the 64 KiB of a pipe it hangs once that is full.
        pipesize=_OUTPUT_BYTES_MAX,
        # If a process of tests is killed, its servers would go on.
        preexec_fn=die_with_parent(os.getpid(), signal.SIGTERM),
    )
    with process:
        try:
            yield process
        finally:
            # Before the `with` waits for its end, or a test that fails would never end.
            process.kill()


@contextmanager
def demo(
    folder: Path, port: int, *options: str, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run the demo and give it once its `demo.json` is there."""
    arguments: list[str | Path] = ["demo", "--port", str(port), "--data", folder, "--no-browser"]
    with program(*arguments, *options, environment=environment) as process:
        wait_until(lambda: (folder / "demo.json").exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        yield process


def info(folder: Path) -> dict[str, Any]:
    """Return what `demo.json` says."""
    told: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return told


def interrupt(process: subprocess.Popen[str]) -> int:
    """Press Ctrl-C and return the exit code."""
    process.send_signal(signal.SIGINT)
    return process.wait(_DEADLINE_S)


def is_ready(url: str) -> bool:
    """Return True if a server says that it can serve.

    Not with httpx, which reads all certificates of the system for each call: who waits for a node
    would use more of a core than the node, which needs it to start.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_ANSWER_S_MAX)
    with closing(connection):
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


def serving(redis_url: str, postgres_url: str, port: int) -> dict[str, str]:
    """Return the environment of a server on stores of the test's own."""
    return {
        "LIVESHOP_REDIS_URL": redis_url,
        "LIVESHOP_POSTGRES_URL": postgres_url,
        "LIVESHOP_SECRET": SECRET,
        "LIVESHOP_PORT": str(port),
    }


def make_session(url: str) -> str:
    """Make a scheduled session over HTTP and return its id."""
    token = make_token(SECRET, viewer_id="host", role=Role.HOST, ttl_s=60)
    answer = httpx.post(
        f"{url}/api/sessions",
        json={"title": "Show", "starts_at_ms": 1_790_000_000_000},
        headers={"Authorization": f"Bearer {token}"},
    )
    return str(answer.raise_for_status().json()["id"])
