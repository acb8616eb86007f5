"""Guests made in bulk are bounded by address, and leave nobody else without a place."""

from collections import Counter
from functools import partial

import anyio
import asyncpg
import pytest

from liveshop.features.guests.rules import GUESTS_RATE
from tests.hostile.conftest import HostileNode
from tests.system.shop import SystemShop, bought, named

pytestmark = pytest.mark.feature("guests")

_REQUESTS = 400


async def _count(node: HostileNode, table: str) -> int:
    connection = await asyncpg.connect(node.postgres_url)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await connection.close()


async def test_guests_in_bulk_are_let_in_at_their_rate_and_the_rest_leaves_nothing(
    shop: SystemShop, node: HostileNode
) -> None:
    product = await shop.product(S=5)
    session_id = await shop.session(product)
    tables = ("guest", "person", "person_key")
    before = [await _count(node, table) for table in tables]
    statuses: Counter[int] = Counter()

    async def knock(at: int) -> None:
        for number in range(_REQUESTS // 10):
            body = {"session": session_id, "name": f"Mallory {at} {number}"}
            answer = await shop.ask("POST", "/api/guests", body, by=None)
            statuses[answer.status_code] += 1

    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for at in range(10):
            tasks.start_soon(partial(knock, at))
        async with shop.joined(session_id, named("honest")) as buyer:
            await bought(buyer, product["variants"][0]["sku"])
    per_s, burst = GUESTS_RATE
    assert set(statuses) == {201, 429}
    assert statuses[201] <= burst + per_s * (anyio.current_time() - started + 1)
    after = [await _count(node, table) for table in tables]
    assert [now - then for now, then in zip(after, before, strict=True)] == [statuses[201]] * 3


async def test_guesses_of_sessions_by_guests_to_be_are_bounded_too(
    shop: SystemShop, node: HostileNode
) -> None:
    statuses: Counter[int] = Counter()
    for number in range(100):
        body = {"session": f"guess-{number}", "name": "Mallory"}
        statuses[(await shop.ask("POST", "/api/guests", body, by=None)).status_code] += 1
    assert set(statuses) <= {404, 429}
    assert statuses[404] <= sum(GUESTS_RATE) + 2 * 30
    assert statuses[429] > 0
