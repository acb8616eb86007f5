"""Real node processes, started from a test's loop: it has to go on, since the proxies are in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from subprocess import Popen

import anyio
import httpx

from liveshop.cli.subprocesses import free_port
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET, program, serving
from tests.forked import Forked, forked
from tests.system.shop import SystemShop

_START_S = 30


@dataclass(frozen=True)
class FaultNode:
    """A node, and what an examiner does with it."""

    shop: SystemShop
    process: Forked | Popen[str]


@asynccontextmanager
async def node(redis_url: str, postgres_url: str, **environment: str) -> AsyncIterator[FaultNode]:
    """Run a node on stores that are there, and return when it is ready."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = serving(redis_url, postgres_url, port) | environment
    # Python reads its own settings when it starts; a fork is told of them too late.
    run = forked if all(name.startswith("LIVESHOP_") for name in environment) else program
    with run("serve", environment=variables) as process:
        async with httpx.AsyncClient(
            base_url=url, trust_env=False, verify=False, timeout=30
        ) as http:
            with anyio.fail_after(_START_S):
                while not await _ready(http):
                    assert process.poll() is None, process.communicate()[0]
                    await anyio.sleep(0.05)
            admin = make_token(SECRET, viewer_id="root", role=Role.ADMIN, ttl_s=60)
            headers = {"Authorization": f"Bearer {admin}"}
            made = await http.post("/api/keys", json={"name": "test"}, headers=headers)
            yield FaultNode(SystemShop(url, SECRET, made.json()["key"], http), process)


async def audit(redis_url: str, postgres_url: str) -> tuple[int, str]:
    """Run `liveshop audit`; return its exit code and what it says."""
    with forked("audit", environment=serving(redis_url, postgres_url, free_port())) as process:
        output, _ = await asyncio.to_thread(process.communicate)
    return process.wait(), output


async def _ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).is_success
    except httpx.TransportError:
        return False
