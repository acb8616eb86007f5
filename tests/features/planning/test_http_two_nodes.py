"""Copies of a show that are asked for at two nodes at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from tests.edge.http.api import Api, Json, running_node
from tests.waiting import wait_until


@pytest.fixture
def nodes(postgres_url: str, redis_url: str) -> Iterator[tuple[Api, Api]]:
    """Two nodes on the same stores."""
    with (
        start_blocking_portal(backend_options={"use_uvloop": True}) as portal,
        portal.wrap_async_context_manager(running_node(postgres_url, redis_url)) as one,
        portal.wrap_async_context_manager(running_node(postgres_url, redis_url)) as two,
        httpx.Client(base_url=one) as first,
        httpx.Client(base_url=two) as second,
    ):
        wait_until(lambda: first.get("/readyz").is_success and second.get("/readyz").is_success)
        yield Api(one, portal, first), Api(two, portal, second)


def _at_both(nodes: tuple[Api, Api], path: str, body: Json | None = None) -> list[httpx.Response]:
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda node: node.host.post(path, json=body), nodes))


def _a_show(node: Api, stock: int) -> str:
    sku = node.add_product(stock=stock)
    session_id = node.add_session(starts_at_ms=1_800_000_000_000)
    node.command(session_id, "product.add", product_id="shirt", units={sku: 4})
    return session_id


def _free(node: Api) -> int:
    product = node.host.get("/api/products/shirt").json()
    return int(product["variants"][0]["stock"])


def test_one_copy_is_made_once_and_both_nodes_tell_of_it(nodes: tuple[Api, Api]) -> None:
    session_id = _a_show(nodes[0], stock=10)
    answers = _at_both(nodes, f"/api/sessions/{session_id}/clone", {"session_id": "copy"})
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    units = [answer.json()["units"] for answer in answers]
    assert units[0] == units[1]
    assert [(each["asked"], each["got"]) for each in units[0]] == [(4, 4)]
    assert _free(nodes[1]) == 2


def test_weekly_shows_are_made_once_and_sold_by_the_other_node(nodes: tuple[Api, Api]) -> None:
    session_id = _a_show(nodes[0], stock=100)
    body = {"every": "week", "count": 5, "time_zone": "Europe/Athens", "units": "copy"}
    answers = _at_both(nodes, f"/api/sessions/{session_id}/repeat", body)
    shows = [answer.json()["sessions"] for answer in answers]
    assert [show["id"] for show in shows[0]] == [show["id"] for show in shows[1]]
    made = [[show["created"] for show in each] for each in shows]
    assert sorted(made) == [[False] * 5, [True] * 5]
    assert _free(nodes[0]) == 100 - 6 * 4
    last = shows[0][-1]["id"]
    nodes[1].command(last, "session.start")
    wait_until(lambda: nodes[0].anyone.get(f"/api/sessions/{last}").json()["status"] == "live")
    shelf = nodes[0].anyone.get(f"/api/sessions/{last}").json()["shelf"]
    assert [product["variants"][0]["left"] for product in shelf] == [4]


@pytest.mark.feature("product_sets")
def test_a_set_that_is_added_at_two_nodes_is_there_once(nodes: tuple[Api, Api]) -> None:
    for product_id in ("mug", "cap", "bag"):
        nodes[0].add_product(product_id, stock=5)
    products = [{"product_id": name, "units": {f"{name}-m": 3}} for name in ("mug", "cap", "bag")]
    saved = nodes[0].host.send("PUT", "/api/product-sets/all", json={"products": products})
    assert saved.status_code == 201, saved.text
    session_id = nodes[0].add_session()
    answers = _at_both(nodes, f"/api/sessions/{session_id}/product-sets/all")
    results = [[each["result"] for each in answer.json()["products"]] for answer in answers]
    assert sorted(results) == [["added"] * 3, ["there"] * 3]
    events = nodes[1].host.get(f"/api/sessions/{session_id}/events").json()["events"]
    assert [event["type"] for event in events] == ["product.added"] * 3
