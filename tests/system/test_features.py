"""Two processes on the same stores, of which one does not know a feature: a rolling upgrade."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import is_ready, program
from tests.system.conftest import open_at
from tests.system.shop import SystemShop, new_rid
from tests.waiting import wait_until

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def newer_url(running: dict[str, Any]) -> Iterator[str]:
    """The address of a node with one feature more than the demo's has."""
    port = free_port()
    environment = {
        "LIVESHOP_REDIS_URL": running["redis_url"],
        "LIVESHOP_POSTGRES_URL": running["postgres_url"],
        "LIVESHOP_SECRET": running["secret"],
        "LIVESHOP_PORT": str(port),
        "PYTHONPATH": str(_ROOT),
    }
    url = f"http://127.0.0.1:{port}"
    command = (sys.executable, "-m", "tests.applause")
    with program("serve", environment=environment, command=command) as process:
        wait_until(lambda: is_ready(url) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        yield url


@pytest.fixture
async def newer(running: dict[str, Any], newer_url: str) -> AsyncIterator[SystemShop]:
    """The node with one feature more."""
    async for shop in open_at(running, newer_url):
        yield shop


async def test_an_event_that_a_node_does_not_know_is_kept_and_shown_as_it_came(
    shop: SystemShop, newer: SystemShop
) -> None:
    product = await shop.product(S=3)
    sku = product["variants"][0]["sku"]
    # A show that has not begun is only at nodes that were asked for it.
    session_id = await newer.session(product, start=False)
    (opened,) = await newer.host(session_id, "applause.open")
    assert opened["type"] == "applause.opened"
    assert (await shop.log(session_id))[-1] == opened
    async with newer.joined(session_id, "hana", "host") as there:
        await newer.host(session_id, "session.start")
        assert there.snapshot is not None and there.snapshot["applause"] is True
        async with shop.joined(session_id, "bo") as here:
            assert here.snapshot is not None and "applause" not in here.snapshot
            assert here.snapshot["offset"] == opened["offset"] + 1
            rid = new_rid()
            await here.send("buy", ref=1, rid=rid, sku=sku, quantity=1)
            await here.wait_for_type("confirmed", rids=[rid])


async def test_nothing_is_opened_while_a_node_would_not_carry_it_on(
    shop: SystemShop, newer: SystemShop
) -> None:
    session_id = await newer.session(await shop.product(S=3))
    async with newer.joined(session_id, "ada") as there, shop.joined(session_id, "bo"):
        await there.wait_for_type("pulse", viewers=2)  # by now both nodes have told theirs
        error = await newer.host_refused(409, "conflict", session_id, "applause.open")
        assert error["message"] == "a node that has this session does not know applause yet"
        await shop.host_refused(400, "bad_request", session_id, "applause.open")
