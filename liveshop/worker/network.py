"""The network of requests that go out: names are resolved once, and what comes in is bounded."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future
from ipaddress import ip_address
from threading import BoundedSemaphore, Thread
from typing import Any, Final, TypeAlias

import anyio
import httpcore

from liveshop.core.egress import Address, ForbiddenAddress, Network, is_allowed, why_forbidden

# Of all that comes on a connection for one request: heads, interim answers, frames of chunks.
_READ_BYTES_MAX: Final = 262_144
_ADDRESSES_TRIED_MAX: Final = 4
_RESOLVING_MAX: Final = 500

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]

_resolving: Final = BoundedSemaphore(_RESOLVING_MAX)


async def resolve(host: str, port: int) -> list[Address]:
    """Return all addresses of a name, as this machine's resolver has them.

    Each is resolved in a thread of its own. An event loop has a handful for that: of names whose
    servers never answer, a few would hold up all others for half a minute.
    """
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    if not _resolving.acquire(blocking=False):
        raise OSError("too many names are being resolved")
    answer: Future[list[Address]] = Future()
    Thread(target=_resolve, args=(answer, host, port), daemon=True).start()
    return await asyncio.wrap_future(answer)


def _resolve(answer: "Future[list[Address]]", host: str, port: int) -> None:
    try:
        if not answer.set_running_or_notify_cancel():
            return  # whoever asked has gone
        found = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
        answer.set_result(list(dict.fromkeys(ip_address(each[4][0]) for each in found)))
    except Exception as failure:
        answer.set_exception(failure)
    finally:
        _resolving.release()


class _BoundedStream(httpcore.AsyncNetworkStream):
    """Reads at most so much for each request.

    The library reads interim answers, such as 100, without end, and looks for no other bound.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._bytes_read = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._stream.read(max_bytes, timeout)
        self._bytes_read += len(data)
        if self._bytes_read > _READ_BYTES_MAX:
            raise httpcore.ReadError("it is too long")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._bytes_read = 0  # another request begins
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return _BoundedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were looked at; `plain` is for what is sent without TLS."""

    def __init__(self, resolver: Resolver, allowed: tuple[Network, ...], *, plain: bool) -> None:
        self._resolver = resolver
        self._allowed = allowed
        self._plain = plain
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = (await self._looked_at(host, port))[:_ADDRESSES_TRIED_MAX]
        # One that swallows packets leaves time for the next.
        each_s = None if timeout is None else timeout / max(1, len(addresses))
        failure: Exception | None = None
        for address in addresses:
            try:
                stream = await self._network.connect_tcp(
                    str(address), port, each_s, local_address, socket_options
                )
                return _BoundedStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
        raise failure or httpcore.ConnectError("the name has no address")

    async def _looked_at(self, host: str, port: int) -> Sequence[Address]:
        """Resolve a name, once; ForbiddenAddress if any of its addresses is forbidden."""
        addresses = await self._resolver(host.strip("[]"), port)
        for address in addresses:
            found = why_forbidden(address, self._allowed)
            if found is not None:
                raise ForbiddenAddress(f"its address is {found}")
            if self._plain and not is_allowed(address, self._allowed):
                raise ForbiddenAddress("http is for networks of your own")
        return addresses

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise ForbiddenAddress("it is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
