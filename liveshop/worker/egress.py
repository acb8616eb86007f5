"""The egress guard: requests to hosts that somebody else has named.

A name is resolved once, all of its addresses are looked at, and the connection goes to one that was
looked at. If a name were checked and then resolved again to connect, its owner could answer
with a public address first and with one of this machine the second time.
"""

import logging
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import Any, Final, TypeAlias

import anyio
import httpcore
import httpx

from liveshop import __version__
from liveshop.core.egress import Address, ForbiddenAddress, Network, is_allowed, why_forbidden

REQUEST_S_MAX: Final = 15.0
ANSWER_BYTES_KEPT: Final = 2_048
_ANSWER_BYTES_MAX: Final = 65_536
_CONNECTIONS_MAX: Final = 250
_IDLE_CONNECTIONS_MAX: Final = 100
_IDLE_S_MAX: Final = 5.0
_ADDRESSES_TRIED_MAX: Final = 4
_USER_AGENT: Final = f"liveshop/{__version__}"

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]

_logger: Final = logging.getLogger(__name__)


class NoAnswer(Exception):
    """There was no answer, or none that may be read; the message says why, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a host: the begin of its body, and how long it took to come."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: int


async def resolve(host: str, port: int) -> list[Address]:
    """Return all addresses of a name, as this machine's resolver has them."""
    found = await anyio.getaddrinfo(host, port, proto=6)
    return list(dict.fromkeys(ip_address(each[4][0]) for each in found))


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
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
        addresses = await self._looked_at(host, port)
        failure: Exception | None = None
        for address in addresses[:_ADDRESSES_TRIED_MAX]:
            try:
                return await self._network.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
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


class Egress:
    """Sends requests; `async with` it. No redirect is followed, and no proxy of the environment.

    Everything is bounded: the time from the first packet to the last, and what is read.
    """

    def __init__(
        self,
        allowed: tuple[Network, ...] = (),
        *,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
        request_s_max: float = REQUEST_S_MAX,
    ) -> None:
        self._request_s_max = request_s_max
        context = context or httpx.create_ssl_context(trust_env=False)
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=_CONNECTIONS_MAX,
                max_keepalive_connections=_IDLE_CONNECTIONS_MAX,
                keepalive_expiry=_IDLE_S_MAX,
                network_backend=_GuardedNetwork(resolver, allowed, plain=scheme == "http"),
            )
            for scheme in ("http", "https")
        }

    async def __aenter__(self) -> "Egress":
        for pool in self._pools.values():
            await pool.__aenter__()
        return self

    async def __aexit__(self, *failure: Any) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a body and return the answer, whatever its status; raises NoAnswer."""
        begun_s = monotonic()
        try:
            with anyio.fail_after(self._request_s_max):
                status, given, content = await self._post(url, headers, body)
        except TimeoutError:
            raise NoAnswer(f"no answer within {self._request_s_max:g} s") from None
        except ForbiddenAddress as forbidden:
            raise NoAnswer(f"not called: {forbidden}") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as exc:
            raise NoAnswer(f"no answer: {type(exc).__name__}: {exc}"[:200]) from exc
        except (OSError, ValueError) as exc:
            # The name does not resolve, or cannot be one; TLS that does not hold is a NetworkError.
            raise NoAnswer(f"no answer: {type(exc).__name__}: {exc}"[:200]) from exc
        took_ms = round((monotonic() - begun_s) * 1000)
        return Answer(status=status, headers=given, body=content, took_ms=took_ms)

    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        whole = httpcore.URL(url)
        named = {"Host": _host_of(whole), "User-Agent": _USER_AGENT, "Accept-Encoding": "identity"}
        named |= headers
        fields = [(name.encode(), text.encode()) for name, text in named.items()]
        fields.append((b"Content-Length", b"%d" % len(body)))
        pool = self._pools[whole.scheme.decode()]
        times = {"connect": self._request_s_max, "pool": self._request_s_max}
        async with pool.stream(
            "POST", whole, headers=fields, content=body, extensions={"timeout": times}
        ) as answer:
            content, kept = b"", 0
            async for part in answer.aiter_stream():
                content = (content + part)[:ANSWER_BYTES_KEPT]
                kept += len(part)
                if kept > _ANSWER_BYTES_MAX:
                    break
            given = {
                name.decode("latin-1").lower(): text.decode("latin-1")
                for name, text in answer.headers
            }
            return answer.status, given, content


def _host_of(url: httpcore.URL) -> str:
    host = url.host.decode()
    host = f"[{host}]" if ":" in host else host
    return host if url.port is None else f"{host}:{url.port}"
