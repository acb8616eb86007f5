"""A viewer's rates hold over all of its connections."""

from uuid import uuid4

from liveshop.core import limits
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.client import Client, joined
from tests.edge.stub_engine import SECRET, Running, running
from tests.waiting import until

_BURST = limits.PURCHASE_RATE[1]


def token(viewer_id: str = "ada", *, shop: str | None = None, role: Role = Role.VIEWER) -> str:
    return make_token(SECRET, viewer_id=viewer_id, role=role, ttl_s=3_600, shop=shop)


async def _bought(client: Client, count: int) -> int:
    """Buy as often, and return how often that was allowed."""
    answers = [
        await client.ask("buy", rid=str(uuid4()), sku="OBS-M", quantity=1) for _ in range(count)
    ]
    assert {answer.get("code") for answer in answers} <= {None, "rate_limited"}
    return sum("code" not in answer for answer in answers)


async def _visit(here: Running, count: int, by: str) -> int:
    """Connect, buy as often, hang up; return how often that was allowed."""
    others = len(here.engine.viewers)
    async with joined(here.url, "s1", by) as client:
        allowed = await _bought(client, count)
    await until(lambda: len(here.engine.viewers) == others)
    return allowed


async def test_the_next_connection_of_a_viewer_is_as_good_as_new() -> None:
    async with running() as here:
        for _ in range(2):
            assert await _visit(here, _BURST + 1, token()) == _BURST


async def test_what_one_viewer_has_used_is_used_by_no_other() -> None:
    async with running() as here, joined(here.url, "s1", token()) as ada:
        assert await _bought(ada, _BURST + 1) == _BURST
        for other in (token("bo"), token(shop="north"), token("ho", role=Role.HOST)):
            assert await _visit(here, _BURST, other) == _BURST


async def test_a_viewer_who_has_another_connection_keeps_what_all_of_them_used() -> None:
    async with running() as here, joined(here.url, "s1", token()) as kept:
        async with joined(here.url, "s1", token()) as gone:
            assert await _bought(gone, _BURST) == _BURST
        await until(lambda: len(here.engine.viewers) == 1)
        assert await _bought(kept, 1) == 0
