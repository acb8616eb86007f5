"""The API of the demo's own server, as a merchant's backend would use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import httpx

_READY_S_MAX: Final = 60
_POLL_S: Final = 0.05
_RETRY_S: Final = 0.2
# A store is away for a moment, or we are too fast.
_TRY_AGAIN: Final = (httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS)

Answer = dict[str, Any]


class NotReady(Exception):
    """The server or one of its stores does not answer; the message says which."""


class DemoApi:
    """Requests with the token of an admin, each repeated while the server asks for that."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str) -> Answer:
        """Read something."""
        return await self._ask("GET", path)

    async def put(self, path: str, body: Answer) -> Answer:
        """Replace something."""
        return await self._ask("PUT", path, json=body)

    async def post(self, path: str, body: Answer, *, once: bool = False) -> Answer:
        """Post something; with `once`, that it has been done already is fine."""
        return await self._ask("POST", path, json=body, once=once)

    async def upload(self, picture: bytes) -> str:
        """Upload a picture; return its address."""
        answer = await self._ask("POST", "/api/uploads", content=picture)
        return str(answer["url"])

    async def _ask(self, method: str, path: str, *, once: bool = False, **body: Any) -> Answer:
        with anyio.fail_after(_READY_S_MAX):
            while True:
                response = await self._client.request(method, path, **body)
                if response.status_code not in _TRY_AGAIN:
                    break
                await anyio.sleep(_RETRY_S)
        if not (once and response.status_code == httpx.codes.CONFLICT):
            response.raise_for_status()
        answer: Answer = response.json()
        return answer


async def until_ready(url: str) -> None:
    """Wait until the server and its stores answer; raises NotReady after a minute."""
    said = "nothing"
    with anyio.move_on_after(_READY_S_MAX):
        async with _client(url) as client:
            while True:
                answer = await client.get("/readyz")
                if answer.is_success:
                    return
                said = answer.text
                await anyio.sleep(_POLL_S)
    raise NotReady(f"{url}/readyz has said for {_READY_S_MAX} s: {said}")


@asynccontextmanager
async def demo_api(url: str, token: str) -> AsyncIterator[DemoApi]:
    """Give the API of a server to the bearer of a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with _client(url, headers=headers, timeout=30) as client:
        yield DemoApi(client)


def _client(url: str, **options: Any) -> httpx.AsyncClient:
    # The server is this process: no proxy that the environment names stands between.
    return httpx.AsyncClient(base_url=url, trust_env=False, **options)
