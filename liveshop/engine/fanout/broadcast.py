"""The view that all viewers of a room share: one frame a flush, encoded once, and the snapshot.

The snapshot is what viewers see after the newest flush, not what the room knows by now. A viewer
seated between two flushes gets neither a gap nor an event twice.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import anyio
from msgspec import Struct

from liveshop.core import limits, messages
from liveshop.core.events import Event
from liveshop.core.frames import SharedFrame
from liveshop.core.model import ChatMessage, Status, Sums
from liveshop.core.roles import Role
from liveshop.core.session import SessionState
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.core.stream import for_viewers, hides_stream, is_about_stream
from liveshop.core.wire import Message, event_message, frame, shared_frame
from liveshop.engine.clock import SessionClock
from liveshop.engine.fanout.audience import Audience
from liveshop.engine.fanout.delivery import Delivery
from liveshop.engine.metrics import Metrics
from liveshop.engine.signal import Signal

_CHAT_FLUSH_S = limits.CHAT_FLUSH_MS / 1000
_EVENT_FLUSH_S = limits.EVENT_FLUSH_MS / 1000


class Stats(Struct, frozen=True, kw_only=True):
    """Numbers that hosts see besides the gauges: `held` units, `viewers_peak` the most at once."""

    sums: Sums
    held: int
    viewers_peak: int

    def message(self, since: "Stats | None" = None) -> Message:
        """Return the `stats` message for a host who was told `since`: of products what changed."""
        known = {} if since is None else since.sums.products
        products = {
            name: sums for name, sums in self.sums.products.items() if known.get(name) != sums
        }
        return messages.stats(
            self.sums.totals, held=self.held, viewers_peak=self.viewers_peak, products=products
        )


class _Shown(Struct, frozen=True, kw_only=True):
    state: SessionState
    gauges: Gauges
    chat: tuple[ChatMessage, ...]


class Broadcast:
    """Gathers events, chat and gauges of a room, and flushes them to its audience.

    Events leave within `EVENT_FLUSH_MS`, chat within `CHAT_FLUSH_MS`, gauges when `pulse` is
    called; in a room that was quiet, all of it at once.
    """

    def __init__(
        self,
        state: SessionState,
        audience: Audience,
        *,
        clock: SessionClock,
        metrics: Metrics,
        ping_ms: int,
    ) -> None:
        self._audience = audience
        self._clock = clock
        self._metrics = metrics
        self._ping_ms = ping_ms
        self._state = state
        self._gauges = Gauges.of(state, {}, viewers=0, likes=0, buying=False)
        self._chat: deque[ChatMessage] = deque(maxlen=limits.CHAT_TAIL_MESSAGES)
        # A message may come again by the bus or the pulse: not one that was taken away.
        self._deleted: deque[str] = deque(maxlen=limits.CHAT_TAIL_MESSAGES)
        self._stats: Stats | None = None
        self._events: list[Event] = []
        self._new_chat: list[ChatMessage] = []
        self._dropped = 0
        self._shown_again = False
        self._stream_changed = False
        self._pulse_due = False
        self._pulse_at_ms = 0  # by the loop's clock, which never goes back
        self._stats_shown: Stats | None = None
        self._shown = _Shown(state=state, gauges=self._gauges, chat=())
        self._snapshot: SharedFrame | None = None
        self._delivery = Delivery()
        self._wake = Signal()
        self._urgent = Signal()

    @property
    def gauges(self) -> Gauges:
        """The newest gauges, shown or not."""
        return self._gauges

    @property
    def stats(self) -> Stats | None:
        """The newest totals for hosts, None before the first pulse."""
        return self._stats

    def begin(self, state: SessionState, left: Mapping[str, int], *, buying: bool) -> None:
        """Start from a session as it was read; `left` has the units of its rows."""
        self._state = state
        self._gauges = Gauges.of(state, left, viewers=0, likes=0, buying=buying)
        self._shown = _Shown(state=state, gauges=self._gauges, chat=())

    def show_again(self, state: SessionState, left: Mapping[str, int]) -> None:
        """Show everyone the whole session again: the one that was shown no longer holds."""
        old = self._gauges
        self._state, self._shown_again, self._stream_changed = state, True, True
        self._gauges = Gauges.of(
            state,
            left,
            viewers=old.viewers,
            likes=old.likes,
            buying=old.buying,
            parts=old.parts,
        )
        self._flush_soon(urgent=True)

    def chat_message(self, chat_id: str) -> ChatMessage | None:
        """Return a message of the tail, None where it is no longer (or not) there."""
        return next((message for message in self._chat if message.id == chat_id), None)

    def add_events(self, state: SessionState, events: Iterable[Event]) -> None:
        """Show events at once; `state` is the one after them."""
        self._state = state
        for event in events:
            self._events.append(event)
            self._gauges = self._gauges.after(event)
            self._stream_changed |= is_about_stream(event)
        self._flush_soon(urgent=True)

    def add_chat(self, message: ChatMessage) -> None:
        """Show a chat message soon; one that is known already or deleted is passed over."""
        if self.chat_message(message.id) is None and message.id not in self._deleted:
            self._chat.append(message)
            self._new_chat.append(message)
            self._flush_soon(urgent=False)

    def add_dropped(self, count: int) -> None:
        """Count chat messages that were left out for everyone, and tell soon."""
        self._dropped += count
        self._flush_soon(urgent=False)

    def forget_chat(self, chat_id: str) -> None:
        """Show a message no longer, however it may come again."""
        self._deleted.append(chat_id)
        kept = [message for message in self._chat if message.id != chat_id]
        self._chat = deque(kept, maxlen=limits.CHAT_TAIL_MESSAGES)
        self._new_chat = [message for message in self._new_chat if message.id != chat_id]

    def pulse(self, gauges: Gauges, stats: Stats | None, *, sparing: bool = False) -> None:
        """Take the newest gauges; changes are shown, and anything at least every `ping_ms`.

        When `sparing`, viewers see changed numbers every `GAUGES_SPARING_MS`, since each change is
        a frame for everyone who watches. They still see at once whether they can buy, and hosts
        see each change of `stats`.
        """
        self._gauges, self._stats = gauges, stats
        shown, silent_ms = self._shown.gauges, _loop_ms() - self._pulse_at_ms
        # Two pulses early, so that the promised interval is kept and not just missed.
        overdue = silent_ms >= self._ping_ms - limits.PULSE_MS * 2
        changed, for_hosts = gauges.changed_since(shown), stats != self._stats_shown
        may_wait = sparing and gauges.buying == shown.buying
        spared = may_wait and silent_ms < limits.GAUGES_SPARING_MS
        if overdue or ((changed or for_hosts) and not spared):
            self._pulse_due = True
        if self._pulse_due or for_hosts:
            self._flush_soon(urgent=True)

    def view(self, *, for_staff: bool = False) -> dict[str, Any]:
        """Return the `session` message as the room knows it now, shown to viewers or not."""
        now_ms = self._clock.now_ms()
        return snapshot(self._state, self._gauges, tuple(self._chat), now_ms, for_staff=for_staff)

    def snapshot_frame(self) -> SharedFrame:
        """Return the frame of the snapshot, encoded once for all that join between two flushes."""
        if self._snapshot is None:
            shown, now_ms = self._shown, self._clock.now_ms()
            self._snapshot = shared_frame(snapshot(shown.state, shown.gauges, shown.chat, now_ms))
        return self._snapshot

    def staff_snapshot_frame(self) -> SharedFrame:
        """Return the frame of the snapshot for those who moderate or host."""
        shown, now_ms = self._shown, self._clock.now_ms()
        if not hides_stream(shown.state):
            return self.snapshot_frame()
        return shared_frame(snapshot(shown.state, shown.gauges, shown.chat, now_ms, for_staff=True))

    async def run(self) -> None:
        """Flush whenever there is something to show, one flush at a time, until cancelled.

        Flushes are paced from start to start, so that they take half of the time at most. Each
        takes everything gathered since the last.
        """
        started = took = 0.0
        while True:
            await self._wake.wait()
            with anyio.move_on_after(started + _CHAT_FLUSH_S - anyio.current_time()):
                await self._urgent.wait()
            await anyio.sleep_until(started + min(2 * took, _EVENT_FLUSH_S))
            started = anyio.current_time()
            self._wake.clear()
            self._urgent.clear()
            await self._flush()
            took = anyio.current_time() - started

    def _flush_soon(self, *, urgent: bool) -> None:
        self._wake.set()
        if urgent:
            self._urgent.set()

    async def _flush(self) -> None:
        stream_changed, self._stream_changed = self._stream_changed, False
        flushed = self._take()
        audience = self._audience.seated()
        self._tell_stats()
        if not flushed:
            return
        self._metrics.flushes.inc()
        self._metrics.deliveries.inc(len(audience))
        shared, deflating = shared_frame(*flushed), self._audience.deflating
        size = (len(audience) - deflating) * len(shared.plain)
        if deflating:
            size += deflating * len(shared.deflated)
        self._metrics.bytes.inc(size)
        with self._metrics.flush_seconds.time():
            await self._delivery.deliver(shared, audience)
        if stream_changed:
            self._tell_stream()

    def _take(self) -> list[dict[str, Any]]:
        """Take all that has gathered, and make it what viewers see from here on."""
        flushed, gauges = [], self._shown.gauges
        if self._shown_again:
            # It has all that has gathered.
            flushed, gauges = [self.view()], self._gauges
            self._events, self._new_chat, self._shown_again = [], [], False
        live = self._state.status is Status.LIVE
        flushed += [event_message(for_viewers(event, live=live)) for event in self._events]
        for event in self._events:
            gauges = gauges.after(event)
        self._metrics.events.inc(len(self._events))
        if self._new_chat or self._dropped:
            flushed.append(messages.chat(self._new_chat, self._dropped))
            self._metrics.chat_messages.inc(len(self._new_chat))
        if self._pulse_due:
            now_ms, self._pulse_at_ms = self._clock.now_ms(), _loop_ms()
            flushed.append(messages.pulse(now_ms, self._gauges.changed_since(gauges)))
            gauges = self._gauges
        self._events, self._new_chat, self._dropped = [], [], 0
        self._pulse_due = False
        self._shown = _Shown(state=self._state, gauges=gauges, chat=tuple(self._chat))
        self._snapshot = None
        return flushed

    def _tell_stream(self) -> None:
        """Tell those who moderate where the video is, after a frame that hides it from all."""
        if hides_stream(self._shown.state):
            told = messages.session_stream(self._shown.state.info.stream_url)
            self._audience.write_to_staff(frame(told), Role.MODERATOR)

    def _tell_stats(self) -> None:
        if self._stats is None or self._stats == self._stats_shown:
            return
        told, self._stats_shown = self._stats.message(self._stats_shown), self._stats
        self._audience.write_to_staff(frame(told), Role.HOST)


def _loop_ms() -> int:
    return int(anyio.current_time() * 1000)
