"""Browsers are told to keep to TLS by the node, where a trusted proxy says that they came by it."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from liveshop.core.access import Revocations
from liveshop.core.feature import KERNEL
from liveshop.core.settings import Settings
from liveshop.edge.http.app import build_app
from liveshop.engine.metrics import Metrics
from tests.edge.http.api import SECRET

_PROXY = "10.0.0.1"
# A page, a script, a path that is not there, and a bug: the engine of this test knows nothing.
_PATHS = ("/watch/s1", "/liveshop.js", "/nowhere", "/api/products")


async def _sent(peer: str = _PROXY, *, proto: str | None, **given: str) -> list[str | None]:
    async def anyone(*grant: object) -> None:
        """Let every token hold."""

    access = SimpleNamespace(revocations=Revocations(), require=anyone, require_held=anyone)
    node = SimpleNamespace(now_ms=lambda: 0, metrics=Metrics(), vocabulary=KERNEL, access=access)
    bare: Any = SimpleNamespace(node=node, start=None)
    nothing: Any = None
    named = {f"LIVESHOP_{name.upper()}": value for name, value in given.items()}
    app = build_app(Settings.read({"LIVESHOP_SECRET": SECRET, **named}), bare, nothing)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(peer, 5000))
    headers = {} if proto is None else {"X-Forwarded-Proto": proto}
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        answers = [await client.get(path, headers=headers) for path in _PATHS]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 500]
    return [answer.headers.get("strict-transport-security") for answer in answers]


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, "max-age=31536000"),
        ({"hsts_max_age_s": "300"}, "max-age=300"),
        ({"hsts_max_age_s": "0"}, "max-age=0"),
    ],
)
async def test_every_answer_to_a_client_that_came_by_tls_keeps_it_there(
    given: dict[str, str], header: str
) -> None:
    told = await _sent(proto="https", trusted_proxies="10.0.0.0/8", **given)
    assert told == [header] * len(_PATHS)


@pytest.mark.parametrize(
    ("peer", "proto", "trusted"),
    [
        (_PROXY, "http", "10.0.0.0/8"),
        (_PROXY, None, "10.0.0.0/8"),
        ("198.51.100.1", "https", "10.0.0.0/8"),
        (_PROXY, "https", ""),
    ],
)
async def test_nothing_is_said_over_plain_http_or_by_the_word_of_a_stranger(
    peer: str, proto: str | None, trusted: str
) -> None:
    assert await _sent(peer, proto=proto, trusted_proxies=trusted) == [None] * len(_PATHS)
