"""The rights of clients' compressed messages, and that connections do not mix."""

import json

import anyio
import pytest

from tests.edge.raw_viewer import CONT, PING, PONG, TEXT, RawViewer, deflated, frame, raw_viewer
from tests.edge.stub_engine import running

OFFER = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


def ask_time(ref: int) -> bytes:
    return json.dumps({"type": "time", "ref": ref, "client_ms": 1}).encode()


async def assert_time_is_told(viewer: RawViewer, ref: int) -> None:
    answer = await viewer.message()
    assert (answer["type"], answer["ref"]) == ("time", ref)


async def test_plain_and_compressed_messages_may_take_turns() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join(OFFER)
        for ref in range(6):
            compressed = ref % 2 == 0
            payload = deflated(ask_time(ref)) if compressed else ask_time(ref)
            await viewer.stream.send(frame(TEXT, payload, compressed=compressed))
            await assert_time_is_told(viewer, ref)


async def test_a_compressed_message_may_come_in_fragments_with_pings_between() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join(OFFER)
        payload = deflated(ask_time(7))
        first, second, third = payload[:5], payload[5:9], payload[9:]
        await viewer.stream.send(frame(TEXT, first, final=False, compressed=True))
        await viewer.stream.send(frame(PING, b"between"))
        await viewer.stream.send(frame(CONT, second, final=False))
        assert await viewer.read() == (PONG, b"between")
        await viewer.stream.send(frame(CONT, third))
        await assert_time_is_told(viewer, 7)


async def test_messages_that_come_at_the_same_time_do_not_mix() -> None:
    async with (
        running() as here,
        raw_viewer(here.address) as one,
        raw_viewer(here.address) as two,
        raw_viewer(here.address) as plain,
    ):
        await one.join(OFFER)
        await two.join(OFFER)
        await plain.join()
        frames = [
            frame(TEXT, deflated(ask_time(1)), compressed=True),
            frame(TEXT, deflated(ask_time(2)), compressed=True),
            frame(TEXT, ask_time(3)),
        ]
        viewers = (one, two, plain)
        # Whole bytes of each in turn: in the head, in the mask, in the payload.
        for at in range(max(map(len, frames))):
            for viewer, sent in zip(viewers, frames, strict=True):
                if at < len(sent):
                    await viewer.stream.send(sent[at : at + 1])
                    await anyio.wait_all_tasks_blocked()
        for viewer, ref in zip(viewers, (1, 2, 3), strict=True):
            await assert_time_is_told(viewer, ref)


async def test_a_message_that_is_too_big_once_inflated_closes_with_1009() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join(OFFER)
        bomb = deflated(b" " * 1_000_000)
        assert len(bomb) < 4096
        await viewer.stream.send(frame(TEXT, bomb, compressed=True))
        assert await viewer.close_code() == 1009


@pytest.mark.parametrize(
    ("offer", "payload"),
    [(OFFER, b"\xff" * 20), ("", deflated(ask_time(1)))],
    ids=["what is not deflated", "what was not negotiated"],
)
async def test_a_compressed_message_that_cannot_be_read_closes_with_1002(
    offer: str, payload: bytes
) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join(offer)
        await viewer.stream.send(frame(TEXT, payload, compressed=True))
        assert await viewer.close_code() == 1002


async def test_what_one_viewer_breaks_another_does_not_notice() -> None:
    async with running() as here, raw_viewer(here.address) as well:
        await well.join(OFFER)
        for broken in (
            frame(TEXT, b"\xff" * 20, compressed=True),
            frame(TEXT, b"{}", masked=False),
        ):
            async with raw_viewer(here.address) as hostile:
                await hostile.join(OFFER)
                await hostile.stream.send(broken)
                assert await hostile.close_code() == 1002
            await well.stream.send(frame(TEXT, deflated(ask_time(9)), compressed=True))
            await assert_time_is_told(well, 9)
