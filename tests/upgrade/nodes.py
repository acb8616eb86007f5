"""A node of each of two releases, on the same stores."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from loadtests.kit.checkout import Checkout
from tests.client import Message
from tests.recording.server import open_server
from tests.system.shop import SystemShop


@dataclass(kw_only=True)
class ReleaseNode:
    """The node of one release: `shop` asks it; `kill` and `start` give it another port."""

    name: str
    checkout: Checkout
    stores: tuple[str, str]
    folder: Path
    api_key: str = ""
    shop: SystemShop = field(init=False)
    described: Message = field(init=False)
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """Start it; return once it can serve."""
        self.folder.mkdir(exist_ok=True)
        server = self._exits.enter_context(open_server(self.checkout, *self.stores, self.folder))
        http = await self._exits.enter_async_context(
            httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30)
        )
        self.shop = SystemShop(server.url, server.secret, self.api_key, http)
        self.described = (await http.get("/api/openapi.json")).json()

    async def kill(self) -> None:
        """End it without a word, as the kernel ends a process that has used up the memory."""
        await self._exits.aclose()

    def use(self, api_key: str) -> None:
        """Ask with an API key from now on."""
        self.api_key = api_key
        self.shop = replace(self.shop, api_key=api_key)

    async def make_key(self) -> str:
        """Make an API key."""
        admin = self.shop.token("root", "admin")
        made = await self.shop.post("/api/keys", {"name": f"of {self.name}"}, by=admin)
        return str(made["key"])

    def migrate(self) -> None:
        """Bring the tables to what the release needs."""
        self.checkout.run("migrate", LIVESHOP_POSTGRES_URL=self.stores[1])

    def audit(self) -> tuple[bool, str]:
        """Check the books as the release does; return whether they are right, and what it says."""
        return self.checkout.audit(*self.stores)

    def knows(self, schema: str) -> bool:
        """Return True if its document has the schema of a command."""
        return schema in self.described["components"]["schemas"]

    def serves(self, path: str) -> bool:
        """Return True if its document has an operation."""
        return path in self.described["paths"]


@dataclass(kw_only=True)
class TwoReleases:
    """The node of this release and that of the one before."""

    new: ReleaseNode
    before: ReleaseNode

    @property
    def nodes(self) -> tuple[ReleaseNode, ReleaseNode]:
        """Both."""
        return self.new, self.before

    @property
    def ways(self) -> tuple[tuple[ReleaseNode, ReleaseNode], ...]:
        """The two as one that does something and one that has to see it, both ways."""
        return (self.new, self.before), (self.before, self.new)


@asynccontextmanager
async def two_releases(
    new: Checkout, before: Checkout, redis_url: str, postgres_url: str, folder: Path
) -> AsyncIterator[TwoReleases]:
    """Run a node of the release before on stores with its tables; the other is not started yet."""
    made = (redis_url, postgres_url)
    both = TwoReleases(
        new=ReleaseNode(name="new", checkout=new, stores=made, folder=folder / "new"),
        before=ReleaseNode(name="before", checkout=before, stores=made, folder=folder / "before"),
    )
    try:
        both.before.migrate()
        await both.before.start()
        both.before.use(await both.before.make_key())
        yield both
    finally:
        for node in both.nodes:
            await node.kill()


def alike(here: Any, there: Any) -> bool:
    """Return True if two answers say the same in the fields that both have."""
    match here, there:
        case dict(), dict():
            return all(alike(here[name], there[name]) for name in here.keys() & there.keys())
        case list(), list():
            pairs = zip(here, there, strict=False)
            return len(here) == len(there) and all(alike(*pair) for pair in pairs)
        case _:
            return bool(here == there)
