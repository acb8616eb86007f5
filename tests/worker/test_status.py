"""The port of a worker, as an orchestrator and Prometheus ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx

from liveshop.cli.subprocesses import free_port
from liveshop.worker.metrics import WorkerMetrics
from liveshop.worker.status import StatusPort


class _Asked:
    """A port that is up, and whether its worker is ready."""

    def __init__(self) -> None:
        self.ready, self.port = True, free_port()

    async def get(self, path: str, method: str = "GET") -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.request(method, f"http://127.0.0.1:{self.port}{path}")

    async def listens(self) -> bool:
        try:
            await (await anyio.connect_tcp("127.0.0.1", self.port)).aclose()
        except OSError:
            return False
        return True


@asynccontextmanager
async def _asking() -> AsyncIterator[_Asked]:
    """Serve a port on 127.0.0.1 for a block."""
    asked, metrics = _Asked(), WorkerMetrics()
    metrics.postgres_up.set(1)
    port = StatusPort(lambda: asked.ready, metrics.registry)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(port.serve, "127.0.0.1", asked.port)
        while not await asked.listens():
            pass
        yield asked
        tasks.cancel_scope.cancel()


async def test_it_says_whether_the_worker_lives_and_can_work() -> None:
    async with _asking() as asked:
        assert (await asked.get("/healthz")).status_code == 200
        assert (await asked.get("/readyz")).status_code == 200
        asked.ready = False
        assert [(await asked.get(f"/{each}")).status_code for each in ("healthz", "readyz")] == [
            200,
            503,
        ]


async def test_it_tells_prometheus_and_nothing_else() -> None:
    async with _asking() as asked:
        told = await asked.get("/metrics")
        assert told.headers["content-type"].startswith("text/plain; version=")
        assert "liveshop_worker_postgres_up 1.0\n" in told.text
        assert (await asked.get("/")).status_code == 404
        assert (await asked.get("/metrics", "POST")).status_code == 405


async def test_a_client_that_says_nothing_keeps_nobody_from_asking() -> None:
    async with _asking() as asked:
        silent = [await anyio.connect_tcp("127.0.0.1", asked.port) for _ in range(15)]
        try:
            assert (await asked.get("/healthz")).status_code == 200
        finally:
            for each in silent:
                await each.aclose()
