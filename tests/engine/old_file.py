"""Redis as it is after a restart from an older file, or after an older replica was promoted."""

from dataclasses import dataclass

import redis.asyncio

from liveshop.engine.rooms.session import Session
from liveshop.stores.redis.packing import session_key
from tests.waiting import until


@dataclass(frozen=True, slots=True)
class OldFile:
    """The keys of all sessions at one instant."""

    redis_url: str
    values: dict[bytes | str, bytes]

    @classmethod
    async def write(cls, redis_url: str) -> "OldFile":
        """Keep what Redis has now."""
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            values = {key: await client.dump(key) for key in await client.keys("{s:*")}
            return cls(redis_url, {key: value or b"" for key, value in values.items()})

    async def come_back(self, session: Session) -> None:
        """Let Redis forget all that came later, and wait until the session sells again."""
        epoch = session.epochs.newest
        async with redis.asyncio.Redis.from_url(self.redis_url) as client:
            # In one step, as a restart is: a node that meets an empty Redis writes keys of its own.
            async with client.pipeline(transaction=True) as restart:
                restart.flushall()
                for key, value in self.values.items():
                    restart.restore(key, 0, value)
                restart.hset(session_key(session.session_id, "cfg"), "run_id", "another process")
                await restart.execute()
        await until(
            lambda: (
                session.epochs.newest == epoch + 1
                and session.epochs.buying
                and not session.epochs.uncounted
            )
        )
