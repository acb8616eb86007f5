"""The ballots of a session on a node, without a feature on top: voters, and what they were told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from liveshop.core.errors import LiveshopError
from liveshop.features.ballots import SessionBallots
from liveshop.features.ballots.store import Ballots
from tests.engine.world import EngineShop, open_shop
from tests.features.ballots.boxes import ballot
from tests.waiting import until


class Desk:
    """Casts in the name of voters; `told` has the answers, choices or codes of refusals."""

    def __init__(self, shop: EngineShop, session_id: str, ballots: SessionBallots) -> None:
        self.shop = shop
        self.session_id = session_id
        self.ballots = ballots
        self.told: dict[str, list[int | str]] = {}

    @property
    def store(self) -> Ballots:
        """The node's store of ballots."""
        return self.shop.engine.node.stores[Ballots]

    def cast(self, voter: str, choice: int, thing: str = "p1") -> None:
        """Have a voter choose."""
        told = self.told.setdefault(voter, [])
        self.ballots.cast(
            ballot(voter, choice, thing),
            lambda each: told.append(each.code if isinstance(each, LiveshopError) else each),
        )

    async def answered(self) -> None:
        """Wait until nobody waits for an answer."""
        await until(lambda: self.ballots.under_way() == 0)

    async def stored(self, thing: str = "p1") -> dict[str, int]:
        """Return the choice of each voter who has a ballot."""
        query = "SELECT voter, choice FROM ballot WHERE session_id = $1 AND thing = $2"
        return dict(await self.shop.database.fetch(query, self.session_id, thing))


@asynccontextmanager
async def desk(shop: EngineShop, session_id: str) -> AsyncIterator[Desk]:
    """Give the ballots of a session on a node; `p1` is watched."""
    ballots = SessionBallots.of((await shop.engine.rooms.get(session_id)).session)
    ballots.watch("questions", ["p1"])
    yield Desk(shop, session_id, ballots)


@asynccontextmanager
async def one_desk(redis_url: str, postgres_url: str) -> AsyncIterator[Desk]:
    """Run a node with a live session, and the ballots of that."""
    async with (
        open_shop(redis_url, postgres_url) as shop,
        desk(shop, await shop.live(OBS_M=1)) as here,
    ):
        yield here


@asynccontextmanager
async def two_desks(redis_url: str, postgres_url: str) -> AsyncIterator[tuple[Desk, Desk]]:
    """Run two nodes that have the same live session, and the ballots of that on both."""
    async with (
        one_desk(redis_url, postgres_url) as here,
        open_shop(redis_url, postgres_url) as other,
        desk(other, here.session_id) as there,
    ):
        yield here, there


@asynccontextmanager
async def replaced(
    owner: Any, method: str, around: Callable[..., Awaitable[Any]]
) -> AsyncIterator[None]:
    """Have a method called through `around(call, *args, **kwargs)`, until the end of the block."""
    call = getattr(owner, method)

    async def called(*args: Any, **kwargs: Any) -> Any:
        return await around(call, *args, **kwargs)

    setattr(owner, method, called)
    try:
        yield
    finally:
        setattr(owner, method, call)
