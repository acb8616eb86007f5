"""Chat, mutes and gauges of one session: nothing here is lost for good with Redis."""

import re
from collections.abc import Sequence
from typing import Any, cast

from liveshop.core.errors import Conflict, Forbidden, RateLimited
from liveshop.core.limits import (
    CHAT_PER_SECOND_DEFAULT,
    CHAT_TAIL_MESSAGES,
    NODE_SILENCE_MS_MAX,
    SETTLED_KEPT_MS,
    VISITORS_PER_CALL_MAX,
)
from liveshop.core.model import ChatMessage, Person, RoleWord, Totals
from liveshop.core.roles import Role
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink
from liveshop.stores.redis.live_records import PulseReply, RowGauge, SayOutcome, SayReply, Share
from liveshop.stores.redis.packing import SEPARATOR, Arg, session_key, session_keys, unpack_all
from liveshop.stores.redis.unit_records import UnitsStatus

_CHAT_ID = re.compile(r"[0-9]{1,19}-[0-9]{1,19}")


class SessionLive:
    """Says, mutes and takes the pulse; raises Unavailable, OutcomeUnknown or Busy.

    Nothing here needs the session to be open in Redis: chat goes on during a rebuild.
    """

    def __init__(self, link: RedisLink, library: Library, session_id: str) -> None:
        self._link = link
        self._library = library
        self._keys = session_keys(session_id)
        self._cfg = session_key(session_id, "cfg")
        self._chat = session_key(session_id, "chat")
        self._staff = session_key(session_id, "staff")
        self._seen = session_key(session_id, "seen")

    async def say(
        self,
        viewer: Person,
        text: str,
        *,
        per_second_max: int = CHAT_PER_SECOND_DEFAULT,
        slow_ms: int = 0,
        share: Share | None = None,
        reply_to: str | None = None,
    ) -> SayReply:
        """Add a chat message, unless its sender is muted or the second is full.

        Raises RateLimited where the sender's last message is not `slow_ms` ago, or its share of the
        messages is used up.
        """
        outcome, chat_id, at_ms = await self._call(
            "say",
            *(viewer.id, viewer.name, text, per_second_max, CHAT_TAIL_MESSAGES, slow_ms),
            *(viewer.role or "", *(share or (0, 0)), reply_to or ""),
        )
        if outcome == "slow":
            raise RateLimited(retry_after_ms=at_ms)
        message = ChatMessage(id=chat_id, at_ms=at_ms, viewer=viewer, text=text, reply_to=reply_to)
        return SayReply(outcome=SayOutcome(outcome), message=message)

    async def chat_get(self, chat_id: str) -> ChatMessage | None:
        """Return a message of the tail, None if it is not, or no longer, there."""
        if not _CHAT_ID.fullmatch(chat_id):
            return None
        entries = await self._link.call("XRANGE", self._chat, chat_id, chat_id)
        return _entry(*entries[0]) if entries else None

    async def chat_delete(self, chat_id: str) -> None:
        """Take a message out of the tail; idempotent."""
        if _CHAT_ID.fullmatch(chat_id):
            await self._link.call("XDEL", self._chat, chat_id)

    async def mute(self, viewer_id: str, duration_ms: int | None, by: Role) -> int | None:
        """Mute a viewer while its role is below `by`, for the session if `duration_ms` is None.

        Return `until_ms`. Raises Conflict where a higher role has muted it.
        """
        lasts_ms = "" if duration_ms is None else duration_ms
        until_ms = await self._call("mute", viewer_id, lasts_ms, int(by))
        if until_ms is None:
            return None
        if until_ms < 0:
            raise Conflict(f"{viewer_id} is muted by somebody of a higher role already")
        return int(until_ms)

    async def unmute(self, viewer_id: str, by: Role) -> bool:
        """Let a viewer be heard again; return True if it was muted.

        Raises Forbidden where a higher role has muted it.
        """
        done = await self._call("unmute", viewer_id, int(by))
        if done < 0:
            raise Forbidden(Role(-done).word)
        return bool(done)

    async def note_staff(self, viewer_id: str, role: Role) -> None:
        """Keep that somebody of the staff has joined, for `role_of`."""
        await self._link.call("HSET", self._staff, viewer_id, int(role))
        await self._link.call("PEXPIRE", self._staff, SETTLED_KEPT_MS)

    async def role_of(self, viewer_id: str) -> Role:
        """Return the role that somebody last joined with, a viewer's where Redis knows none."""
        return Role(int(await self._link.call("HGET", self._staff, viewer_id) or Role.VIEWER))

    async def likes_and_chat(self) -> tuple[int, list[ChatMessage]]:
        """Return the likes and the tail of the chat, the oldest first; reading changes nothing."""
        likes = await self._link.call("HGET", self._cfg, "likes")
        entries = await self._link.call("XRANGE", self._chat, "-", "+")
        return int(likes or 0), [_entry(*entry) for entry in entries[-CHAT_TAIL_MESSAGES:]]

    async def visit(self, names: Sequence[str]) -> int:
        """Count viewers by name, each once; return how many have been counted so far.

        The number is an estimate, good to about one in a hundred.
        """
        for first in range(0, len(names), VISITORS_PER_CALL_MAX):
            some = names[first : first + VISITORS_PER_CALL_MAX]
            await self._link.call("PFADD", self._seen, *some)
        return int(await self._link.call("PFCOUNT", self._seen))

    async def pulse(
        self,
        epoch: int,
        *,
        node: str,
        features: Sequence[str],
        viewers: int,
        likes_added: int,
        likes_seen: int,
        peak_seen: int,
        tick_seen: str,
        chat_after: str,
        rids: Sequence[str] = (),
    ) -> PulseReply:
        """Report this node's features, viewers and likes, and fetch the session's gauges.

        `likes_seen` and `peak_seen` are the highest values known here: Redis, if it has lost
        its own, goes on from there. `tick_seen` and `chat_after` are empty at first: all rows,
        and the tail of the chat, are returned.
        """
        reply = await self._call(
            "pulse",
            *(epoch, node, viewers, likes_added, likes_seen, peak_seen, tick_seen, chat_after),
            *(CHAT_TAIL_MESSAGES, NODE_SILENCE_MS_MAX, ",".join(features)),
            *rids,
        )
        return _pulse_reply(*reply)

    async def _call(self, name: str, *args: Arg) -> Any:
        return await self._library.call(self._link, name, self._keys, *args)


def _pulse_reply(
    status: str,
    now_ms: int,
    epoch: int,
    plan_offset: int,
    viewers: int,
    nodes: int,
    features: list[str],
    likes: int,
    viewers_peak: int,
    tick: str,
    stock: list[str] | None,
    totals: list[str | None],
    chat: list[list[str]],
    chat_dropped: int,
    records: list[str],
) -> PulseReply:
    orders, units, revenue, version = (int(number or 0) for number in totals)
    return PulseReply(
        status=UnitsStatus(status),
        now_ms=now_ms,
        epoch=epoch,
        plan_offset=plan_offset,
        viewers=viewers,
        nodes=nodes,
        features=_common(features),
        likes=likes,
        viewers_peak=viewers_peak,
        tick=tick,
        rows=None if stock is None else _rows(stock),
        totals=Totals(orders=orders, units=units, revenue=revenue, version=version),
        chat=tuple(_message(*fields) for fields in chat),
        chat_dropped=chat_dropped,
        reservations={record.rid: record for record in unpack_all(records)},
    )


def _common(features: Sequence[str]) -> frozenset[str]:
    """Return the features that all nodes have, each node's separated by commas."""
    return frozenset.intersection(*(frozenset(named.split(",")) for named in features))


def _rows(stock: list[str]) -> tuple[RowGauge, ...]:
    values: dict[str, dict[str, int]] = {}
    for name, value in zip(stock[::2], stock[1::2], strict=True):
        row, _, field = name.rpartition(SEPARATOR)
        values.setdefault(row, {})[field] = int(value)
    return tuple(
        RowGauge(
            row=row,
            units=fields["units"],
            sold=fields["sold"],
            held=fields.get("held", 0),
            version=fields["version"],
        )
        for row, fields in values.items()
        if "version" in fields  # a sale without units of its own has holds only
    )


def _entry(chat_id: str, fields: list[str]) -> ChatMessage:
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    viewer, name, at_ms, text = (named[each] for each in ("viewer", "name", "at_ms", "text"))
    return _message(chat_id, viewer, name, at_ms, text, named.get("role"), named.get("reply_to"))


def _message(
    chat_id: str,
    viewer: str,
    name: str,
    at_ms: str,
    text: str,
    role: str | None = None,
    reply_to: str | None = None,
) -> ChatMessage:
    person = Person(id=viewer, name=name, role=cast(RoleWord | None, role or None))
    return ChatMessage(id=chat_id, at_ms=int(at_ms), viewer=person, text=text, reply_to=reply_to)
