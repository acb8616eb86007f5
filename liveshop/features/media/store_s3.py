"""The files of uploads in S3, or in what speaks its protocol."""

import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import anyio
import httpx
from anyio import to_thread

from liveshop.core.errors import LiveshopError, Unavailable
from liveshop.features.media.limits import FILE_BYTES_MAX
from liveshop.features.media.rules import NAMES, media_type_of
from liveshop.features.media.store_files import LAST
from liveshop.features.media.store_s3_signature import Signer, quoted

_PREFIX: Final = "media"
_CALL_S: Final = 3.0
_CONNECT_S: Final = 2.0
# S3 asks clients to try again after these; so does whatever lies between.
_PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})
_ATTEMPTS: Final = 3
_BACK_OFF_S: Final = 0.1

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket: `endpoint` is the service's address, and `path_style` puts the bucket after it."""

    endpoint: str
    name: str
    region: str
    key: str
    secret: str = field(repr=False)
    path_style: bool = True


class _Answer(NamedTuple):
    status: int
    content: bytes


def _now() -> datetime:
    return datetime.now(UTC)


class S3Files:
    """Uploads in a bucket: `media/abcd…/640.webp`.

    A request that S3 could not answer now is tried again; all of them may be repeated. Nothing is
    taken from a redirect: it would lead a signed request elsewhere.
    """

    def __init__(self, bucket: Bucket, now: Callable[[], datetime] = _now) -> None:
        parts = urlsplit(bucket.endpoint)
        self._scheme, host = parts.scheme, parts.netloc
        self._host = host if bucket.path_style else f"{bucket.name}.{host}"
        self._root = parts.path.rstrip("/") + (f"/{bucket.name}" if bucket.path_style else "")
        self._signer = Signer(bucket.region, bucket.key, bucket.secret)
        self._now = now
        self._tls: ssl.SSLContext | None = None

    async def put(self, upload_id: str, files: Mapping[str, bytes]) -> None:
        """Store the files at once, and last the one that is looked for."""
        async with self._client() as client:
            send = partial(self._put, client, upload_id)
            others = [(name, data) for name, data in files.items() if name != LAST]
            await _together(partial(send, name, data) for name, data in others)
            await send(LAST, files[LAST])

    async def get(self, upload_id: str, name: str) -> bytes | None:
        """Read an object."""
        async with self._client() as client:
            answer = await self._call(client, "GET", upload_id, name)
        return None if answer.status == 404 else answer.content

    async def has(self, upload_id: str) -> bool:
        """Ask for the head of the object that is stored last."""
        async with self._client() as client:
            answer = await self._call(client, "HEAD", upload_id, LAST)
        return answer.status != 404

    async def delete(self, upload_id: str) -> None:
        """Delete the object that is looked for, then the others at once."""
        async with self._client() as client:
            await self._call(client, "DELETE", upload_id, LAST)
            forget = partial(self._call, client, "DELETE", upload_id)
            await _together(partial(forget, name) for name in NAMES[:-1])

    async def _put(self, client: httpx.AsyncClient, upload_id: str, name: str, data: bytes) -> None:
        answer = await self._call(client, "PUT", upload_id, name, data)
        if answer.status == 404:
            raise _refused(answer)

    async def _call(
        self, client: httpx.AsyncClient, method: str, upload_id: str, name: str, body: bytes = b""
    ) -> _Answer:
        """Send a request until it is answered for good: by a success, or by 404."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = await self._ask(client, method, upload_id, name, body)
            except httpx.HTTPError as exc:
                if attempt == _ATTEMPTS:
                    raise Unavailable("S3 does not answer, try again") from exc
            else:
                if answer.status < 300 or answer.status == 404:
                    return answer
                if answer.status not in _PASSING or attempt == _ATTEMPTS:
                    raise _refused(answer)
            await anyio.sleep(_BACK_OFF_S * 2**attempt)
        raise AssertionError("the last attempt has raised")

    async def _ask(
        self, client: httpx.AsyncClient, method: str, upload_id: str, name: str, body: bytes
    ) -> _Answer:
        path = quoted(f"{self._root}/{_PREFIX}/{upload_id}/{name}")
        headers = self._signer.headers(method, self._host, path, body, self._now())
        headers["Host"] = self._host
        if method == "PUT":
            headers["Content-Type"] = media_type_of(name)
        url = httpx.URL(f"{self._scheme}://{self._host}", raw_path=path.encode())
        async with client.stream(method, url, headers=headers, content=body) as answer:
            return _Answer(answer.status_code, await _content(answer))

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        # Made once, and in a thread: to read the authorities takes 20 ms. A client is for one
        # errand, so that none is left open when the node ends.
        if self._tls is None and self._scheme == "https":
            self._tls = await to_thread.run_sync(ssl.create_default_context)
        times = httpx.Timeout(_CALL_S, connect=_CONNECT_S)
        async with httpx.AsyncClient(
            verify=self._tls or False, timeout=times, trust_env=False, follow_redirects=False
        ) as client:
            yield client


async def _together(calls: Iterable[Callable[[], Awaitable[object]]]) -> None:
    """Make calls at once; raises what one of them did, once all have ended."""
    failures: list[LiveshopError] = []

    async def make(call: Callable[[], Awaitable[object]]) -> None:
        try:
            await call()
        except LiveshopError as failure:
            failures.append(failure)

    async with anyio.create_task_group() as tasks:
        for call in calls:
            tasks.start_soon(make, call)
    if failures:
        raise failures[0]


async def _content(answer: httpx.Response) -> bytes:
    """Read an answer, of which no more is taken than a file of ours may have."""
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > FILE_BYTES_MAX:
            raise httpx.DecodingError("the answer is larger than any file of ours")
    return bytes(content)


def _refused(answer: _Answer) -> Unavailable:
    # S3 says why in XML, which an operator has to see and a client must not.
    _logger.error("S3 answered %s: %s", answer.status, answer.content[:500])
    return Unavailable("S3 refuses uploads at the moment, try again")
