"""The messages that leave for a whole room, when, and in how many frames."""

import gc
import time
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.lowlevel import checkpoint
from msgspec.structs import replace

from liveshop.core import limits
from liveshop.core.commands import (
    HostCommand,
    PauseSession,
    PinProduct,
    ResumeSession,
    UnpinProduct,
)
from liveshop.core.model import Sums, Totals
from liveshop.core.roles import Identity, Role
from liveshop.core.wire import frame
from liveshop.engine.clock import Clock, SessionClock
from liveshop.engine.fanout.audience import Audience
from liveshop.engine.fanout.broadcast import Broadcast, Stats
from liveshop.engine.metrics import Metrics
from tests.core.world import STREAM, CoreWorld, make_chat
from tests.engine.world import EngineShop, Watcher
from tests.samples import sample
from tests.waiting import until

WELCOME = frame({"type": "welcome"})


class BroadcastStage:
    """A session, its broadcast, and who watches."""

    def __init__(self, ping_ms: int) -> None:
        self.world = CoreWorld()
        self.world.shelve("shirt")
        self.audience = Audience()
        self.metrics = Metrics()
        self.broadcast = Broadcast(
            self.world.state,
            self.audience,
            clock=SessionClock(Clock()),
            metrics=self.metrics,
            ping_ms=ping_ms,
        )

    def seat(self, watcher: Watcher | None = None) -> Watcher:
        watcher = watcher or Watcher()
        self.audience.expect(watcher)
        self.audience.seat(watcher, WELCOME, self.broadcast.snapshot_frame())
        return watcher

    def pin(self) -> None:
        pinned = "shirt" in self.world.state.pinned
        command = UnpinProduct if pinned else PinProduct
        self.do(command(product_id="shirt"))

    def do(self, command: HostCommand) -> None:
        events = self.world.do(command)
        self.broadcast.add_events(self.world.state, events)


@asynccontextmanager
async def stage(ping_ms: int = 25_000) -> AsyncIterator[BroadcastStage]:
    opened = BroadcastStage(ping_ms)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(opened.broadcast.run)
        yield opened
        tasks.cancel_scope.cancel()


async def test_a_count_of_dropped_messages_is_told_where_nothing_else_is_to_be_shown() -> None:
    async with stage() as room:
        watcher = room.seat()
        room.broadcast.add_dropped(3)
        chat = await watcher.sees("chat")
        assert (chat["messages"], chat["dropped"]) == ([], 3)


async def test_what_has_gathered_leaves_in_one_frame_of_the_same_bytes_for_all() -> None:
    async with stage() as room:
        watchers = [room.seat() for _ in range(3)]
        for _ in range(20):
            room.pin()
        room.broadcast.add_chat(make_chat())
        for watcher in watchers:
            await watcher.sees("chat")
        first = watchers[0].frames[2]
        assert all(len(watcher.frames) == 3 for watcher in watchers)
        assert all(watcher.frames[2] is first for watcher in watchers)
        assert len(watchers[0].events) == 20


async def test_the_bytes_counted_are_those_that_each_viewer_was_given() -> None:
    class Scales(Watcher):
        def write(self, frame: bytes) -> None:
            self.frames.append(frame)

    async with stage() as room:
        plain, deflating, gone = (room.seat(Scales(deflates=each)) for each in (False, True, True))
        room.audience.leave(gone)
        for _ in range(20):
            room.pin()
        await until(lambda: deflating.frames[2:] and plain.frames[2:])
        sizes = [len(frame) for each in (plain, deflating, gone) for frame in each.frames[2:]]
        assert len(sizes) == 2
        assert sizes[1] < sizes[0]
        assert sample(room.metrics, "delivered_bytes_total") == sum(sizes)
        await until(lambda: sample(room.metrics, "flush_seconds_sum") > 0)


async def test_an_event_leaves_at_once_from_a_quiet_room() -> None:
    async with stage() as room:
        watcher = room.seat()
        await anyio.wait_all_tasks_blocked()
        room.pin()
        for _ in range(20):  # rounds of the loop, without a moment's sleep
            await checkpoint()
        assert len(watcher.of("product.pinned")) == 1


async def test_gauges_are_spared_while_purchases_are_refused_but_not_whether_one_can_buy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "GAUGES_SPARING_MS", 60_000)
    async with stage() as room:
        watcher = room.seat()
        gauges = replace(room.broadcast.gauges, viewers=1)
        room.broadcast.pulse(gauges, None)
        await watcher.sees("pulse", viewers=1)
        room.broadcast.pulse(replace(gauges, viewers=2), None, sparing=True)
        # An event is not spared, and comes on its own.
        room.pin()
        await watcher.sees("product.pinned")
        assert [pulse["viewers"] for pulse in watcher.of("pulse")] == [1]
        assert room.broadcast.gauges.viewers == 2
        room.broadcast.pulse(replace(gauges, viewers=3, buying=True), None, sparing=True)
        await watcher.sees("pulse", viewers=3, buying=True)
        room.broadcast.pulse(replace(gauges, viewers=4, buying=True), None)
        await watcher.sees("pulse", viewers=4)


async def test_spared_gauges_come_as_often_as_a_viewer_must_hear_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "GAUGES_SPARING_MS", 60_000)
    async with stage(ping_ms=2 * limits.PULSE_MS) as room:
        watcher = room.seat()
        for viewers in (1, 2, 3):
            gauges = replace(room.broadcast.gauges, viewers=viewers)
            room.broadcast.pulse(gauges, None, sparing=True)
            await watcher.sees("pulse", viewers=viewers)


async def test_hosts_see_what_is_sold_while_gauges_are_spared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "GAUGES_SPARING_MS", 60_000)
    async with stage() as room:
        viewer = room.seat()
        host = room.seat(Watcher(Identity(viewer_id="h", name="Host", role=Role.HOST)))
        gauges = replace(room.broadcast.gauges, viewers=1)
        room.broadcast.pulse(gauges, None)
        await viewer.sees("pulse", viewers=1)
        totals = Totals(orders=1, units=1, revenue=5_000, version=1)
        sold = Stats(sums=Sums(totals=totals), held=0, viewers_peak=2)
        room.broadcast.pulse(replace(gauges, viewers=2), sold, sparing=True)
        await host.sees("stats", orders=1)
        room.pin()
        await viewer.sees("product.pinned")
        assert [pulse["viewers"] for pulse in viewer.of("pulse")] == [1]


async def test_events_that_come_all_the_time_are_joined_by_a_room_that_is_busy() -> None:
    class Busy(Watcher):
        def write(self, frame: bytes) -> None:
            time.sleep(0.005)
            super().write(frame)

    async with stage() as room:
        watcher = room.seat(Busy())
        started = time.perf_counter()
        for _ in range(60):
            room.pin()
            await anyio.sleep(0.001)
        await watcher.until(lambda: len(watcher.events) == 60)
        took_s = time.perf_counter() - started
        flushes = sample(room.metrics, "flushes_total")
        assert [event["offset"] for event in watcher.events] == list(range(3, 63))
        # Each takes 5 ms at least, and is followed by as much for others.
        assert flushes <= 1 + took_s / 0.010


async def test_chat_that_comes_all_the_time_leaves_every_tenth_of_a_second() -> None:
    async with stage() as room:
        watcher = room.seat()
        started = time.perf_counter()
        for number in range(30):
            room.broadcast.add_chat(replace(make_chat(), id=f"{number}-0"))
            await anyio.sleep(0.01)
        last = await watcher.until(lambda: [m for m in watcher.of("chat") if _ends(m, "29-0")])
        took_s = time.perf_counter() - started
        assert len(last) == 1
        said = [message["id"] for chat in watcher.of("chat") for message in chat["messages"]]
        assert said == [f"{number}-0" for number in range(30)]
        assert len(watcher.of("chat")) <= 2 + took_s / 0.1


async def test_who_is_seated_amid_a_flush_gets_each_event_once() -> None:
    async with stage() as room:
        late = Watcher()

        class Usher(Watcher):
            def write(self, frame: bytes) -> None:
                super().write(frame)
                if b"product.pinned" in frame:
                    room.seat(late)

        usher = room.seat(Usher())
        room.pin()
        await usher.sees("product.pinned")
        room.pin()
        await late.sees("product.unpinned")
        assert [event["type"] for event in late.events] == ["product.unpinned"]
        assert late.of("session")[0]["pinned"] == ["shirt"]


async def test_the_snapshot_is_encoded_once_between_two_flushes() -> None:
    async with stage() as room:
        one, two = room.seat(), room.seat()
        assert one.frames[1] is two.frames[1]
        first = room.broadcast.snapshot_frame()
        assert first.deflated is room.broadcast.snapshot_frame().deflated
        room.pin()
        await one.sees("product.pinned")
        assert room.broadcast.snapshot_frame() is not first


@pytest.mark.feature("likes")
async def test_a_thousand_viewers_come_and_go_and_leave_nothing(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    await shop.opened(session_id)
    await shop.join(session_id, "ada")
    left: list[weakref.ref[Watcher]] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(1_000):
            watcher = Watcher()
            shop.engine.viewer_admission.connect(watcher, session_id, 0)
            shop.send(watcher, "like", count=1)
            shop.engine.viewer_admission.disconnect(watcher)
            left.append(weakref.ref(watcher))
            del watcher
        await until(lambda: not any(reference() for reference in left))
    finally:
        gc.enable()


def _ends(chat: dict[str, object], chat_id: str) -> bool:
    messages = chat["messages"]
    assert isinstance(messages, list)
    return bool(messages and messages[-1]["id"] == chat_id)


async def test_staff_get_the_frame_of_all_viewers_and_then_the_stream_that_it_hides() -> None:
    async with stage() as room:
        viewer = room.seat()
        host = room.seat(Watcher(Identity(viewer_id="h", name="Host", role=Role.HOST)))
        for watcher in (viewer, host):
            assert watcher.of("session")[0]["stream_url"] == STREAM
        room.do(PauseSession())
        await host.sees("session.stream", stream_url=STREAM)
        assert (await viewer.sees("session.paused"))["stream_url"] is None
        assert host.frames[2] is viewer.frames[2]
        assert [each["type"] for each in host.inbox[-2:]] == ["session.paused", "session.stream"]
        assert len(viewer.frames) == 3


async def test_the_stream_of_a_start_and_a_pause_in_one_frame_is_told_to_nobody() -> None:
    async with stage() as room:
        viewer = room.seat()
        for command in (PauseSession(), ResumeSession(), PauseSession()):
            room.do(command)
        await viewer.until(lambda: len(viewer.events) == 3)
        assert [event["stream_url"] for event in viewer.events] == [None, None, None]


async def test_the_snapshot_of_staff_has_the_stream_that_viewers_are_not_shown() -> None:
    async with stage() as room:
        assert room.broadcast.staff_snapshot_frame() is room.broadcast.snapshot_frame()
        room.seat()
        room.do(PauseSession())
        await until(lambda: b'"stream_url":null' in room.broadcast.snapshot_frame().plain)
        assert STREAM.encode() in room.broadcast.staff_snapshot_frame().plain
