"""The change feed over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.features import FEATURES
from liveshop.worker.worker import Worker, worker_database
from tests.edge.http.api import Api, Caller
from tests.stores.postgres.conftest import running
from tests.waiting import wait_until

_PATH = "/api/changes"


@contextmanager
def working(api: Api, postgres_url: str, **settings: str) -> Iterator[None]:
    """Run a worker on a node's database, in the node's loop, for a block."""
    read = Settings.read(
        {"LIVESHOP_POSTGRES_URL": postgres_url}
        | {f"LIVESHOP_{name.upper()}": text for name, text in settings.items()}
    )
    with api.portal.wrap_async_context_manager(_Working(read)):
        yield


class _Working:
    """A worker for the length of a block."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ended = anyio.Event()

    async def __aenter__(self) -> None:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        await self._tasks.start(self._run)

    async def _run(self, *, task_status: Any) -> None:
        async with running(worker_database(self._settings)) as pool:
            self._worker = Worker(self._settings, pool, FEATURES)
            task_status.started()
            await self._worker.run()

    async def __aexit__(self, *failure: Any) -> None:
        self._worker.stop()
        await self._tasks.__aexit__(None, None, None)


def _changes(caller: Caller, **query: Any) -> Any:
    answer = caller.get(_PATH, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_purchase_and_the_events_around_it_are_listed_in_order(
    api: Api, postgres_url: str
) -> None:
    assert _changes(api.host) == {"messages": [], "next": 0}
    session_id, sku = api.go_live()
    bought = api.ask(session_id, "ada", "buy", quantity=1, sku=sku, price=5000, rid=_RID)
    with working(api, postgres_url):
        wait_until(lambda: len(_changes(api.host)["messages"]) >= 3)
    listed = _changes(api.backend)
    events = [m for m in listed["messages"] if m["subject"] == f"session/{session_id}"]
    assert [(m["type"], m["sequence"]) for m in events] == [
        ("product.added", 1),
        ("session.started", 2),
    ]
    (order,) = _changes(api.backend, types="order.*,sale.*")["messages"]
    assert order["data"]["order_id"] == bought["order_id"]
    assert order["data"]["viewer_id"] == "ada"
    assert _changes(api.backend, after=listed["next"]) == {"messages": [], "next": listed["next"]}


_RID = "7d3a9a52-6b3f-4d27-9c1e-0c5a3f1e2b44"


def test_a_caller_of_one_shop_is_told_of_that_shop(api: Api, postgres_url: str) -> None:
    ours, theirs = (api.as_role(Role.HOST, "host", shop=shop) for shop in ("ours", "theirs"))
    for caller in (ours, theirs):
        made = caller.post("/api/sessions", json={"title": "Show", "starts_at_ms": 1})
        started = caller.post(
            f"/api/sessions/{made.json()['id']}/commands", json={"type": "session.start"}
        )
        assert started.status_code == 200, started.text
    with working(api, postgres_url):
        wait_until(lambda: len(_changes(api.host)["messages"]) == 2)
    assert [len(_changes(each)["messages"]) for each in (ours, theirs, api.host)] == [1, 1, 2]


@pytest.mark.parametrize(
    "query", [{"types": "ORDER"}, {"types": ""}, {"limit": 1_001}, {"after": -1}, {"more": 1}]
)
def test_what_cannot_be_asked_is_refused(api: Api, query: dict[str, Any]) -> None:
    refused = api.host.get(_PATH, params=query)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


def test_the_feed_is_for_hosts_of_every_session(api: Api) -> None:
    assert api.anyone.get(_PATH).status_code == 401
    assert api.as_role(Role.MODERATOR, "mo").get(_PATH).status_code == 403
    bound = api.as_role(Role.HOST, "host", session_id=api.add_session())
    assert bound.get(_PATH).status_code == 403
