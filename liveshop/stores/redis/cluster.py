"""A Redis cluster: a link and a bus to each primary, and what tells which one has a session."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskGroup, TaskStatus
from redis.crc import key_slot

from liveshop.core import limits
from liveshop.core.errors import LiveshopError, Unavailable, reason
from liveshop.core.redis_servers import HostPort, servers_of
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import Memory, RedisLink
from liveshop.stores.redis.opening import ask, close_connection, open_connection
from liveshop.stores.redis.packing import session_key

_log = logging.getLogger(__name__)

_SLOTS = 16_384
# Commands whose key comes after a name or script and the number of keys.
_SCRIPTS = frozenset({"FCALL", "EVAL"})
_KEYLESS = frozenset({"TIME", "INFO", "PING", "CLUSTER"})


def _nothing() -> None: ...


class ClusterLink(RedisLink):
    """Calls the primary that has the key's slot, over a link of its own.

    Twice a second it looks which primary has what. A server that has lost its slots answers MOVED,
    and one that is about to lose them TRYAGAIN. For callers, either is `Unavailable` until the next
    look. Set `on_change` before `run`: it is called, in the link's task, when a slot has another
    primary.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.on_change: Callable[[], None] = _nothing
        self.shards: dict[HostPort, RedisLink] = {}
        self._servers = servers_of(url)
        self._scopes: dict[HostPort, anyio.CancelScope] = {}
        self._owners: list[HostPort | None] = [None] * _SLOTS

    @property
    def connected(self) -> bool:
        """Whether any primary can be called: sessions of the others wait for theirs."""
        return any(link.connected for link in self.shards.values())

    @property
    def whole(self) -> bool:
        """Whether all slots have a primary, and each of them can be called."""
        return None not in self._owners and all(link.connected for link in self.shards.values())

    def at(self, key: str) -> RedisLink:
        """Return the link to the primary that has a key's slot."""
        owner = self.owner(key)
        if owner is None:
            raise Unavailable()
        return self.shards[owner]

    def owner(self, key: str) -> HostPort | None:
        """Return the address of the primary that has a key's slot, None while it is not known."""
        return self._owners[key_slot(key.encode())]

    def server_url(self, server: HostPort) -> str:
        """Return the URL of one server, with what the cluster's URL says besides hosts."""
        assert self._servers is not None
        return self._servers.url(server)

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Keep a link to each primary until cancelled."""
        task_status.started()
        async with anyio.create_task_group() as tasks:
            while True:
                try:
                    self._follow(await self._look(), tasks)
                except (Unavailable, TimeoutError) as exc:
                    _log.warning(
                        "the cluster does not say which server has which slots: %s", reason(exc)
                    )
                await anyio.sleep(limits.CLUSTER_LOOK_MS / 1000)

    async def call(
        self, *args: str | bytes | int, timeout_ms: int = limits.REDIS_CALL_MS_MAX
    ) -> Any:
        """Send one command to the primary that has its first key, or to any if it has none."""
        link = self._any() if args[0] in _KEYLESS else self.at(_first_key(args))
        return await link.call(*args, timeout_ms=timeout_ms)

    async def memory(self) -> Memory:
        """Return the memory of the primary that has least left."""
        links = [link for link in self.shards.values() if link.connected]
        if not links:
            raise Unavailable()
        return max([await link.memory() for link in links], key=lambda memory: memory.share)

    def _any(self) -> RedisLink:
        # The first always, so that the clock is that of one server.
        for server in sorted(self.shards):
            if self.shards[server].connected:
                return self.shards[server]
        raise Unavailable()

    async def _look(self) -> list[Any]:
        """Return CLUSTER SLOTS of a server that is not cut off from the others."""
        for server in sorted(self.shards):
            link = self.shards[server]
            if not link.connected:
                continue
            try:
                if "cluster_state:ok" in await link.call("CLUSTER", "INFO"):
                    return _with_host(await link.call("CLUSTER", "SLOTS"), server[0])
            except LiveshopError:
                continue
        # At the start, and when all that were known have gone.
        connection = await open_connection(self._url, decode=True)
        try:
            with anyio.fail_after(limits.REDIS_CALL_MS_MAX / 1000):
                slots = await ask(connection, "CLUSTER", "SLOTS")
            return _with_host(slots, str(getattr(connection, "host", "")))
        finally:
            await close_connection(connection)

    def _follow(self, slots: list[Any], tasks: TaskGroup) -> None:
        owners: list[HostPort | None] = [None] * _SLOTS
        for first, last, (host, port, *_), *_ in slots:
            owners[first : last + 1] = [(host, port)] * (last + 1 - first)
        if owners == self._owners:
            return
        primaries = {owner for owner in owners if owner is not None}
        for server in sorted(primaries - self.shards.keys()):
            self.shards[server] = link = RedisLink(self.server_url(server))
            self._scopes[server] = scope = anyio.CancelScope()
            tasks.start_soon(_run_within, scope, link.run)
        self._owners = owners
        for server in sorted(self.shards.keys() - primaries):
            self._scopes.pop(server).cancel()
            del self.shards[server]
        _log.info("the cluster's primaries are %s", sorted(primaries))
        self.on_change()


class ClusterBus(Bus):
    """A bus over sharded pub/sub: it listens to each primary, for the sessions that it has.

    Where a session gets another primary, the bus follows and says `on_reconnect`.
    """

    def __init__(self, link: ClusterLink) -> None:
        super().__init__("", link)
        self._cluster = link
        self._heard: dict[str, HostPort | None] = {}  # where each session is subscribed
        self._ears: dict[HostPort, Bus] = {}
        self._scopes: dict[HostPort, anyio.CancelScope] = {}
        self._tasks: TaskGroup | None = None
        link.on_change = self._follow

    @property
    def alive(self) -> bool:
        """Whether what is published over any primary is heard."""
        return any(ear.alive for ear in self._ears.values())

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Listen to the primaries that the link knows, until cancelled."""
        async with anyio.create_task_group() as self._tasks:
            self._follow()
            task_status.started()
            await anyio.sleep_forever()

    async def subscribe(self, session_id: str) -> None:
        """Hear a session's messages, as `Bus.subscribe` does."""
        owner = self._heard[session_id] = self._owner(session_id)
        if owner in self._ears:
            await self._ears[owner].subscribe(session_id)

    async def unsubscribe(self, session_id: str) -> None:
        """Stop hearing a session's messages."""
        owner = self._heard.pop(session_id, None)
        if owner in self._ears:
            await self._ears[owner].unsubscribe(session_id)

    async def publish(self, session_id: str, payload: bytes) -> None:
        """Send a payload to every node that hears the session, as `Bus.publish` does."""
        owner = self._owner(session_id)
        if owner not in self._ears:
            raise Unavailable()
        await self._ears[owner].publish(session_id, payload)

    def _owner(self, session_id: str) -> HostPort | None:
        return self._cluster.owner(session_key(session_id, "bus"))

    def _follow(self) -> None:
        """Listen to the primaries that there are now, each for its sessions."""
        if self._tasks is None:
            return
        shards = self._cluster.shards
        for server in sorted(shards.keys() - self._ears.keys()):
            url = self._cluster.server_url(server)
            self._ears[server] = ear = Bus(url, shards[server], sharded=True)
            ear.on_message = lambda session_id, payload: self.on_message(session_id, payload)
            ear.on_reconnect = lambda: self.on_reconnect()
            self._scopes[server] = scope = anyio.CancelScope()
            self._tasks.start_soon(_run_within, scope, ear.run)
        for server in sorted(self._ears.keys() - shards.keys()):
            self._scopes.pop(server).cancel()
            del self._ears[server]
        for session_id, heard in tuple(self._heard.items()):
            if self._owner(session_id) != heard:
                self._tasks.start_soon(self._move, session_id, heard)

    async def _move(self, session_id: str, heard: HostPort | None) -> None:
        if heard in self._ears:
            await self._ears[heard].unsubscribe(session_id)
        if session_id in self._heard:
            await self.subscribe(session_id)
            self.on_reconnect()


async def _run_within(scope: anyio.CancelScope, run: Callable[[], Awaitable[None]]) -> None:
    with scope:
        await run()


def _first_key(args: Sequence[str | bytes | int]) -> str:
    key = args[3] if args[0] in _SCRIPTS else args[1]
    assert isinstance(key, str)
    return key


def _with_host(slots: list[Any], host: str) -> list[Any]:
    """Name the server that was asked where it does not know its own name."""
    return [
        [first, last, [primary[0] or host, primary[1], *primary[2:]], *replicas]
        for first, last, primary, *replicas in slots
    ]
