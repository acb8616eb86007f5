"""A node of the test's own, with empty stores, and its HTTP interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from tests.edge.http.api import Api, running_node
from tests.waiting import wait_until


@pytest.fixture
def api(postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[Api]:
    """A running node: a loop in a thread, real stores, a real socket."""
    with api_of(postgres_url, redis_url, media_folder=str(tmp_path)) as api:
        yield api


@contextmanager
def api_of(postgres_url: str, redis_url: str, **settings: Any) -> Iterator[Api]:
    """Run such a node, with settings that a test gives."""
    with (
        start_blocking_portal(backend_options={"use_uvloop": True}) as portal,
        portal.wrap_async_context_manager(running_node(postgres_url, redis_url, **settings)) as url,
        httpx.Client(base_url=url, verify=False) as client,
    ):
        api = Api(url, portal, client)
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield api
