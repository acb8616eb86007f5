"""Chat, mutes and gauges of one session: nothing here is lost for good with Redis."""

from collections.abc import Sequence

from liveshop.core.limits import CHAT_PER_SECOND_DEFAULT
from liveshop.core.model import ChatMessage, Person
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.records import PulseReply, SayReply


class SessionLive:
    """Says, mutes and takes the pulse; raises Unavailable, OutcomeUnknown or Busy.

    Nothing here needs the session to be open in Redis: chat goes on during a rebuild.
    """

    def __init__(self, link: RedisLink, library: Library, session_id: str) -> None: ...

    async def say(
        self, viewer: Person, text: str, *, per_second_max: int = CHAT_PER_SECOND_DEFAULT
    ) -> SayReply:
        """Add a chat message, unless its sender is muted or the second is full."""
        raise NotImplementedError

    async def chat_get(self, chat_id: str) -> ChatMessage | None:
        """Return a message of the tail, None if it is not there (any more)."""
        raise NotImplementedError

    async def chat_delete(self, chat_id: str) -> None:
        """Take a message out of the tail; idempotent."""
        raise NotImplementedError

    async def mute(self, viewer_id: str, duration_ms: int | None) -> int | None:
        """Mute a viewer, for the session if `duration_ms` is None; return `until_ms`."""
        raise NotImplementedError

    async def unmute(self, viewer_id: str) -> bool:
        """Let a viewer be heard again; tell whether it was muted."""
        raise NotImplementedError

    async def pulse(
        self,
        epoch: int,
        *,
        node: str,
        viewers: int,
        likes_added: int,
        likes_seen: int,
        peak_seen: int,
        tick_seen: str,
        chat_after: str,
        rids: Sequence[str] = (),
    ) -> PulseReply:
        """Report this node's viewers and likes, and fetch the session's gauges in one call.

        `likes_seen` and `peak_seen` are the highest values known here: Redis, if it has lost
        its own, goes on from there. `tick_seen` and `chat_after` are empty at first: all rows,
        and the tail of the chat, are returned.
        """
        raise NotImplementedError
