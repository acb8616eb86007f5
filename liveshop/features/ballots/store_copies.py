"""Copies of the counts in Redis, by which nodes know each other's: they decide nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from liveshop.core.limits import RESOLVED_KEPT_MS
from liveshop.features.ballots.rules import Tally
from liveshop.stores.redis.library import FunctionLibrary
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.packing import SEPARATOR, Arg, session_key

_CODE: Final = Path(__file__).with_name("ballots.lua").read_text("utf-8")


class TallyCopies:
    """The counts of one session's things as Redis has them; raises Unavailable or Busy."""

    def __init__(self, link: RedisLink, session_id: str) -> None:
        self._link = link
        self._library = FunctionLibrary("liveshop_ballots", _CODE)
        self._session_id = session_id

    async def exchange(
        self, epoch: int, things: Sequence[str], news: Iterable[Tally]
    ) -> list[Tally]:
        """Bring the counts that have risen here, and return all counts of the things.

        The higher number of two wins, and a higher epoch begins again; idempotent.
        """
        if not things:
            return []
        brought: Mapping[str, list[Arg]] = {thing: [] for thing in things}
        for tally in news:
            if tally.thing in brought:
                field = f"{tally.choice}{SEPARATOR}{tally.shard}"
                brought[tally.thing].extend((field, tally.n))
        args: list[Arg] = [epoch, RESOLVED_KEPT_MS]
        for pairs in brought.values():
            args += (len(pairs) // 2, *pairs)
        keys = [session_key(self._session_id, f"ballots:{thing}") for thing in things]
        replies = await self._library.call(self._link, "tallies", keys, *args)
        return [
            tally
            for thing, flat in zip(things, replies, strict=True)
            for tally in _tallies(thing, flat)
        ]


def _tallies(thing: str, flat: Sequence[str]) -> Iterable[Tally]:
    for field, n in zip(flat[::2], flat[1::2], strict=True):
        choice, _, shard = field.partition(SEPARATOR)
        if shard:  # else it is the epoch
            yield Tally(thing=thing, choice=int(choice), shard=int(shard), n=int(n))
