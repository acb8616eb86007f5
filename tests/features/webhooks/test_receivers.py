"""The receivers that docs/webhooks.md shows, run as they stand there."""

import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import anyio
import pytest

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import program
from tests.features.webhooks.conftest import Sender
from tests.waiting import until

_PAGE: Final = (Path(__file__).parents[3] / "docs/webhooks.md").read_text(encoding="utf-8")
# The file that each is, and what runs it.
_LANGUAGES: Final = {
    "python": ("receiver.py", sys.executable),
    "javascript": ("r.mjs", "node"),
    "php": ("receiver.php", "php"),
}

_TOLD: Final = re.compile(r"[a-z.]+ evt_[a-z2-7]+")


def _source(language: str) -> str:
    (text,) = re.findall(rf"^```{language}\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


@contextmanager
def _running(
    language: str, folder: Path, port: int, secret: str
) -> Iterator[subprocess.Popen[str]]:
    name, command = _LANGUAGES[language]
    (folder / name).write_text(_source(language), encoding="utf-8")
    environment = {"PORT": str(port), "WEBHOOK_SECRET": secret}
    begin: tuple[str, ...] = (command,)
    if language == "php":
        begin = (command, "-S", f"127.0.0.1:{port}")
        environment["DATABASE"] = f"sqlite:{folder / 'seen.db'}"
        with closing(sqlite3.connect(folder / "seen.db")) as seen, seen:
            seen.execute("CREATE TABLE seen (id TEXT PRIMARY KEY)")
    with program(name, command=begin, environment=environment, folder=folder) as process:
        yield process


def _has(language: str) -> bool:
    command = shutil.which(_LANGUAGES[language][1])
    if command is None or language != "php":
        return command is not None
    loaded = subprocess.run((command, "-m"), capture_output=True, text=True, check=True)
    return "pdo_sqlite" in loaded.stdout


async def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    with anyio.fail_after(30):
        # Python's and PHP's servers say of each request that they have answered it.
        while (
            found := _TOLD.search(await anyio.to_thread.run_sync(process.stdout.readline))
        ) is None:
            assert process.poll() is None
    return found[0]


@pytest.mark.parametrize("language", _LANGUAGES)
async def test_a_receiver_of_the_page_verifies_what_it_is_sent(
    language: str, sender: Sender, tmp_path: Path
) -> None:
    if not _has(language):
        pytest.skip(f"there is no {language} here")
    port = free_port()
    # It refuses what is older than five minutes, by its own clock.
    sender.now_ms = time.time_ns() // 1_000_000
    webhook_id = await sender.hook(f"http://127.0.0.1:{port}/")
    with _running(language, tmp_path, port, sender.secrets[webhook_id]) as process:
        await until(lambda: _listens(port))
        async with sender.working():
            ping = await sender.until(webhook_id, "done", 1, "ping")
            assert await _line(process) == f"ping {ping.message_id}"
            await sender.sell()
            told = await sender.until(webhook_id, "done", 1)
            assert await _line(process) == f"order.confirmed {told.message_id}"
            assert told.status == 204
            # A message that is signed with another secret is refused.
            for _ in range(2):
                await sender.webhooks.rotate(webhook_id, sender.now_ms)
            await sender.sell()
            assert (await sender.until(webhook_id, "waiting", 1)).status == 401


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
