"""A viewer's rates hold over its connections, also over those that come one after the other."""

from uuid import uuid4

from liveshop.core import limits
from liveshop.core.connection import Allowance
from liveshop.core.roles import Identity, Role
from liveshop.edge.tokens import make_token
from liveshop.edge.visits import Visitors
from tests.client import Client, joined
from tests.edge.stub_engine import SECRET, Clock, Running, running
from tests.waiting import until

ADA = Identity("ada", "Ada", Role.VIEWER)
_BURST = limits.PURCHASE_RATE[1]
_FULL_MS = 1_000 * _BURST // limits.PURCHASE_RATE[0]


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
    async with joined(here.url, "s1", by) as client:
        allowed = await _bought(client, count)
    await until(lambda: not here.engine.viewers)
    return allowed


async def test_connecting_again_gives_a_viewer_no_new_burst() -> None:
    async with running() as here:
        assert await _visit(here, _BURST + 1, token()) == _BURST
        assert [await _visit(here, 2, token()) for _ in range(3)] == [0, 0, 0]


async def test_a_viewer_who_has_left_gets_back_what_time_gives_and_no_more() -> None:
    async with running() as here:
        assert await _visit(here, _BURST, token()) == _BURST
        here.clock.advance(_FULL_MS // 2)
        assert await _visit(here, _BURST, token()) == _BURST // 2
        here.clock.advance(_FULL_MS)
        assert await _visit(here, _BURST + 1, token()) == _BURST


async def test_what_one_viewer_has_used_is_used_by_no_other() -> None:
    async with running() as here:
        assert await _visit(here, _BURST, token()) == _BURST
        for other in (token("bo"), token(shop="north"), token("ho", role=Role.HOST)):
            assert await _visit(here, _BURST, other) == _BURST
        assert await _visit(here, 1, token()) == 0


async def test_a_viewer_who_has_another_connection_keeps_what_all_of_them_used() -> None:
    async with running() as here, joined(here.url, "s1", token()) as kept:
        async with joined(here.url, "s1", token()) as gone:
            assert await _bought(gone, _BURST) == _BURST
        await until(lambda: len(here.engine.viewers) == 1)
        assert await _bought(kept, 1) == 0


def _allowance(clock: Clock) -> Allowance:
    return Allowance(*limits.COMMANDS_RATE, clock())


def test_nothing_is_kept_of_one_who_could_ask_for_everything() -> None:
    clock = Clock()
    visitors, first = Visitors(clock), _allowance(clock)
    visitors.arrive(ADA, first)
    visitors.leave(ADA)
    again = _allowance(clock)
    assert visitors.arrive(ADA, again).allowance is again


def test_of_those_who_left_the_oldest_is_forgotten_first() -> None:
    clock = Clock()
    visitors = Visitors(clock)
    drained: list[tuple[Identity, Allowance]] = []
    for number in range(limits.ALLOWANCES_KEPT_MAX + 1):
        identity = Identity(f"u{number}", "", Role.VIEWER)
        allowance = _allowance(clock)
        allowance.take(clock(), 40)
        visitors.arrive(identity, allowance)
        visitors.leave(identity)
        drained.append((identity, allowance))
    for place, is_kept in ((0, False), (1, True), (-1, True)):
        identity, allowance = drained[place]
        known = visitors.arrive(identity, _allowance(clock)).allowance is allowance
        assert known is is_kept
