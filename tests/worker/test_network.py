"""Names are resolved each in its own time: those whose servers never answer hold up no other."""

import os
import socket
import threading
from ipaddress import ip_address
from typing import Any

import anyio
import pytest

from liveshop.worker.network import resolve
from tests.waiting import until


async def test_names_whose_servers_never_answer_hold_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, real, asked = threading.Event(), socket.getaddrinfo, list[str]()
    # As many as a loop resolves at once: see `loop.run_in_executor`.
    loops_threads = min(32, (os.cpu_count() or 1) + 4)

    def resolved(host: Any, *args: Any, **how: Any) -> Any:
        if host == "silent.example":
            asked.append(host)
            answers.wait(60)
            raise OSError("no such name")
        return real(host, *args, **how)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    try:
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(resolve, "silent.example", 443)
            await until(lambda: len(asked) >= loops_threads)
            with anyio.fail_after(10):
                assert ip_address("127.0.0.1") in await resolve("localhost", 443)
            tasks.cancel_scope.cancel()
    finally:
        answers.set()
