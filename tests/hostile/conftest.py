"""A node of this folder's own on stores of its own, and a second one that knows few connections."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from liveshop.cli.local_stores import local_stores
from liveshop.cli.subprocesses import free_port
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET, is_ready, program, serving
from tests.conftest import store_folder
from tests.forked import forked
from tests.system.conftest import audit
from tests.system.shop import SystemShop
from tests.waiting import wait_until

CONNECTIONS_MAX = 100
_ESTABLISHED, _CLOSE_WAIT = "01", "08"


@dataclass(frozen=True)
class HostileNode:
    """A process of `liveshop serve`, what it is reached by, and what it takes of the machine."""

    url: str
    pid: int
    redis_url: str
    postgres_url: str

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)

    @property
    def connections(self) -> int:
        """How many connections with clients it has not closed."""
        return sum(row[3] in (_ESTABLISHED, _CLOSE_WAIT) for row in self._sockets())

    @property
    def unread_bytes(self) -> int:
        """How much the kernel keeps for it that clients have sent."""
        return sum(int(row[4].partition(":")[2], 16) for row in self._sockets())

    def _sockets(self) -> Iterator[list[str]]:
        """Yield the rows of its own ends in /proc/net/tcp."""
        port = f":{self.address[1]:04X}"
        for line in Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines():
            row = line.split()
            if row[1].endswith(port):
                yield row

    @property
    def resident_kib(self) -> int:
        """How much memory it takes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def closes(self, code: int) -> int:
        """How many connections it has closed with a code."""
        name = f'liveshop_disconnects_total{{code="{code}"}} '
        metrics = httpx.get(f"{self.url}/metrics").text
        return int(float(metrics.partition(name)[2].partition("\n")[0] or 0))


@pytest.fixture(scope="package")
def node() -> Iterator[HostileNode]:
    """A node with the limits that it has if nobody sets them; the audit is clean at its end."""
    with store_folder() as folder, local_stores(folder, durable=False) as stores:
        urls = (stores.valkey.url, stores.postgres.url)
        migration = {"LIVESHOP_POSTGRES_URL": stores.postgres.url}
        with program("migrate", environment=migration) as process:
            assert process.wait(60) == 0
        with _serving(*urls) as node:
            yield node
            told = {"redis_url": urls[0], "postgres_url": urls[1], "secret": SECRET}
            assert audit(told) == (0, "Every promise is kept.\n")


@pytest.fixture
def strict(node: HostileNode) -> Iterator[HostileNode]:
    """Another node on the same stores, which lets one address have few connections."""
    with _serving(
        node.redis_url,
        node.postgres_url,
        LIVESHOP_CONNECTIONS_PER_ADDRESS_MAX=str(CONNECTIONS_MAX),
        LIVESHOP_HTTP_CONNECTIONS_PER_ADDRESS_MAX=str(CONNECTIONS_MAX),
        # The crowd answers no ping: on a slow machine others would be let in for those closed.
        LIVESHOP_PING_MS="3600000",
    ) as strict:
        yield strict


@contextmanager
def _serving(redis_url: str, postgres_url: str, **settings: str) -> Iterator[HostileNode]:
    port = free_port()
    environment = {**serving(redis_url, postgres_url, port), **settings}
    with forked("serve", environment=environment) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_ready(url) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        yield HostileNode(url, process.pid, redis_url, postgres_url)


@pytest.fixture(scope="package")
def api_key(node: HostileNode) -> str:
    """An API key, good on every node."""
    admin = make_token(SECRET, viewer_id="admin", role=Role.ADMIN, ttl_s=3_600)
    made = httpx.post(
        f"{node.url}/api/keys", json={"name": "tests"}, headers={"Authorization": f"Bearer {admin}"}
    )
    return str(made.raise_for_status().json()["key"])


@pytest.fixture
async def shop(node: HostileNode, api_key: str) -> AsyncIterator[SystemShop]:
    """The node, as its owner uses it."""
    async with httpx.AsyncClient(base_url=node.url, trust_env=False, timeout=30) as http:
        shop = SystemShop(node.url, SECRET, api_key, http)
        yield shop
        await shop.end_sessions()
