"""Two server processes on the same stores: voters use both, and one result has every answer."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import anyio
import asyncpg
import httpx

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import SECRET, is_ready, serving
from tests.forked import forked
from tests.system.conftest import audit
from tests.system.shop import SystemShop
from tests.waiting import until, wait_until

_CHOICES = [{"label": "Blue"}, {"label": "Sand"}, {"label": "Moss"}]
_VOTERS = 48
# So many have voted when the poll is closed; the others vote at that moment.
_EARLY = 20


@asynccontextmanager
async def _nodes(redis_url: str, postgres_url: str) -> AsyncIterator[tuple[SystemShop, SystemShop]]:
    """Run two nodes and give the means of an examiner at each."""
    with ExitStack() as processes:
        urls = []
        for _ in range(2):
            port = free_port()
            environment = serving(redis_url, postgres_url, port)
            processes.enter_context(forked("serve", environment=environment))
            urls.append(f"http://127.0.0.1:{port}")
        wait_until(lambda: all(map(is_ready, urls)))
        async with AsyncExitStack() as clients:
            shops = []
            for url in urls:
                http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
                await clients.enter_async_context(http)
                key = SystemShop(url, SECRET, "", http).token("merchant", "host")
                shops.append(SystemShop(url, SECRET, key, http))
            yield shops[0], shops[1]


class _Voters:
    """Everyone votes through one node and then through the other; some hear no first answer."""

    def __init__(self, nodes: tuple[SystemShop, SystemShop], session_id: str, poll: int) -> None:
        self._nodes = nodes
        self._session_id = session_id
        self._poll = poll
        self.told: dict[str, set[int]] = {}
        self.late: set[str] = set()
        self.ready = 0

    async def vote(
        self,
        number: int,
        choice: int,
        *,
        through: int,
        at: anyio.Event | None = None,
        waits: bool = True,
    ) -> None:
        """Have a voter choose, and note the answer unless the voter leaves before it."""
        name = f"voter{number}"
        async with self._nodes[through].joined(self._session_id, name) as client:
            if at is not None:
                self.ready += 1
                await at.wait()
            if not waits:
                await client.send("vote", ref=99, poll=self._poll, choice=choice)
                return
            answer = await client.ask("vote", poll=self._poll, choice=choice)
        if answer["type"] == "voted":
            self.told.setdefault(name, set()).add(answer["choice"])
        else:
            assert answer["code"] == "expired", answer
            self.late.add(name)

    async def vote_twice(self, number: int, at: anyio.Event | None) -> None:
        """Choose through one node, and something else through the other."""
        home = number % 2
        await self.vote(number, number % 3, through=home, at=at, waits=number % 3 != 0)
        await self.vote(number, (number + 1) % 3, through=1 - home)


async def test_voters_who_use_two_nodes_are_all_in_the_result_once_however_they_ask_again(
    redis_url: str, postgres_url: str
) -> None:
    async with _nodes(redis_url, postgres_url) as nodes:
        here, there = nodes
        session_id = await here.session(await here.product(S=1))
        (opened,) = await here.host(session_id, "poll.open", question="Which?", choices=_CHOICES)
        voters = _Voters(nodes, session_id, opened["poll"])
        async with (
            here.joined(session_id) as watcher,
            there.joined(session_id) as other,
            anyio.create_task_group() as tasks,
        ):
            closing = anyio.Event()
            for number in range(_VOTERS):
                tasks.start_soon(voters.vote_twice, number, None if number < _EARLY else closing)
            await until(lambda: len(voters.told) == _EARLY)
            await until(lambda: voters.ready == _VOTERS - _EARLY)
            closing.set()
            (closed,) = await there.host(session_id, "poll.close", poll=opened["poll"])
            for client in (watcher, other):
                seen = await client.wait_for_type("poll.closed", poll=opened["poll"])
                assert seen == closed
            # These come too late for certain, whichever node they ask.
            for number in (_VOTERS, _VOTERS + 1):
                await voters.vote(number, 0, through=number % 2)
        # Everyone asks once more: a vote that was stored is known, even if nobody heard its answer.
        for number in range(_VOTERS):
            await voters.vote(number, 2, through=number % 2)
        told = {name: choice for name, (choice,) in voters.told.items()}
        assert voters.late.isdisjoint(told)
        assert {f"voter{_VOTERS}", f"voter{_VOTERS + 1}"} <= voters.late
        assert len(told) + len(voters.late) == _VOTERS + 2
        assert closed["counts"] == [Counter(told.values())[choice] for choice in range(3)]
        assert closed["total"] == len(told) >= _EARLY
        assert await _stored(postgres_url, session_id, opened["poll"]) == told
    stores = {"redis_url": redis_url, "postgres_url": postgres_url, "secret": SECRET}
    assert audit(stores) == (0, "Every promise is kept.\n")


async def _stored(postgres_url: str, session_id: str, poll: int) -> dict[str, int]:
    connection = await asyncpg.connect(postgres_url)
    try:
        rows = await connection.fetch(
            "SELECT voter, choice FROM ballot WHERE session_id = $1 AND thing = $2",
            *(session_id, f"p{poll}"),
        )
    finally:
        await connection.close()
    return {voter.removeprefix("u:"): choice for voter, choice in rows}
