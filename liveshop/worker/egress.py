"""The egress guard: requests to hosts that somebody else has named.

A name is resolved once, all of its addresses are looked at, and the connection goes to one that was
looked at. If a name were checked and then resolved again to connect, its owner could answer
with a public address first and with one of this machine the second time.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import anyio
import httpcore
import httpx

from liveshop import __version__
from liveshop.core.egress import ForbiddenAddress, Network
from liveshop.worker.connections import IDLE_S_MAX, Connections
from liveshop.worker.network import GuardedNetwork, Resolver, resolve

REQUEST_S_MAX: Final = 15.0
ANSWER_BYTES_KEPT: Final = 2_048
_ANSWER_BYTES_MAX: Final = 65_536
_USER_AGENT: Final = f"liveshop/{__version__}"


class NoAnswer(Exception):
    """There was no answer, or none that may be read; the message says why, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a host: the begin of its body, and how long it took to come."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: int


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
        self._context = context or httpx.create_ssl_context(trust_env=False)
        self._networks = {
            scheme: GuardedNetwork(resolver, allowed, plain=scheme == b"http")
            for scheme in (b"http", b"https")
        }
        self._connections = Connections(self._connection)

    async def __aenter__(self) -> "Egress":
        return self

    async def __aexit__(self, *failure: Any) -> None:
        await self._connections.aclose()

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
        except (OSError, ValueError, TypeError) as exc:
            # The name does not resolve, or cannot be one; TLS that does not hold is a NetworkError.
            # Of characters that no URL has, the library complains by a TypeError.
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
        times = {"timeout": {"connect": self._request_s_max}}
        async with (
            self._connections.connection(whole) as connection,
            connection.stream(
                "POST", whole, headers=fields, content=body, extensions=times
            ) as answer,
        ):
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

    def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._context,
            keepalive_expiry=IDLE_S_MAX,
            network_backend=self._networks[origin.scheme],
        )


def _host_of(url: httpcore.URL) -> str:
    host = url.host.decode()
    host = f"[{host}]" if ":" in host else host
    return host if url.port is None else f"{host}:{url.port}"
