"""Cases of the Autobahn test suite that broke something once, or would be a pity to break.

All of them run against the gateway itself; `make autobahn` runs the suite, against an echo.
"""

import json

import pytest

from tests.edge.raw_viewer import CLOSE, CONT, PING, PONG, TEXT, RawViewer, frame, raw_viewer
from tests.edge.stub_engine import running
from tests.waiting import until

ASK_TIME = json.dumps({"type": "time", "ref": 7, "client_ms": 1}).encode()
# Text, a code point beyond the last one, more text; as one, wrong from byte 2 of BEYOND on.
SOUND, BEYOND, REST = "κόσμε".encode(), b"\xf4\x90\x80\x80", b"edited"


async def assert_time_is_told(viewer: RawViewer) -> None:
    answer = await viewer.message()
    assert (answer["type"], answer["ref"]) == ("time", 7)


async def test_pongs_and_answers_come_in_the_order_of_what_they_answer() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        packet = [
            frame(PING, b"first"),
            frame(TEXT, ASK_TIME),
            frame(TEXT, ASK_TIME[:9], final=False),
            frame(PING, b"between"),
            frame(CONT, ASK_TIME[9:]),
            frame(PING, b"last"),
        ]
        await viewer.stream.send(b"".join(packet))
        assert await viewer.read() == (PONG, b"first")
        await assert_time_is_told(viewer)
        assert await viewer.read() == (PONG, b"between")
        await assert_time_is_told(viewer)
        assert await viewer.read() == (PONG, b"last")


@pytest.mark.parametrize("opcode", [TEXT, PING, CLOSE], ids=["text", "ping", "close"])
@pytest.mark.parametrize("bits", [0x40, 0x20, 0x10, 0x70])
async def test_what_comes_before_a_reserved_bit_is_answered_and_nothing_after(
    bits: int, opcode: int
) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        bad = bytearray(frame(opcode, b"\x03\xe8"))
        bad[0] |= bits
        await viewer.stream.send(frame(TEXT, ASK_TIME) + bytes(bad) + frame(TEXT, ASK_TIME))
        await assert_time_is_told(viewer)
        assert await viewer.close_code() == 1002
        assert len(here.engine.submitted) == 1


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1100, 2999, 5000, 65535])
async def test_a_close_code_that_nobody_may_send_is_answered_with_1002(code: int) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(CLOSE, code.to_bytes(2, "big"))
        assert await viewer.close_code() == 1002


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 3999, 4000, 4999])
async def test_a_close_code_that_one_may_send_is_echoed(code: int) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(CLOSE, code.to_bytes(2, "big"))
        assert await viewer.close_code() == code


async def test_a_close_that_says_nothing_is_answered_by_one_that_says_nothing() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(CLOSE)
        assert await viewer.read() == (CLOSE, b"")


async def test_a_close_whose_reason_is_not_utf_8_is_answered_with_1007() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(CLOSE, b"\x03\xe8" + SOUND + BEYOND)
        assert await viewer.close_code() == 1007


async def test_a_close_may_come_amid_a_message_which_is_then_dropped() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        packet = [
            frame(TEXT, ASK_TIME[:9], final=False),
            frame(CLOSE, b"\x03\xe8"),
            frame(CONT, ASK_TIME[9:]),
        ]
        await viewer.stream.send(b"".join(packet))
        assert await viewer.read() == (CLOSE, b"\x03\xe8")
        await viewer.stream.aclose()
        await until(lambda: here.engine.lost == 1)
        assert here.engine.submitted == []


async def test_a_ping_after_a_close_is_not_answered() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.stream.send(frame(CLOSE, b"\x03\xe8") + frame(PING, b"late"))
        assert await viewer.close_code() == 1000


@pytest.mark.parametrize("second", [BEYOND, BEYOND[:2]], ids=["whole", "up to the bad byte"])
async def test_a_fragment_that_cannot_be_utf_8_closes_before_the_message_is_whole(
    second: bytes,
) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(TEXT, SOUND, final=False)
        await viewer.send(CONT, second, final=False)
        assert await viewer.close_code() == 1007


async def test_the_start_of_a_frame_that_cannot_be_utf_8_closes_before_the_frame_is_whole() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        whole = frame(TEXT, SOUND + BEYOND + REST)
        await viewer.stream.send(whole[: -len(BEYOND[2:] + REST)])
        assert await viewer.close_code() == 1007


async def test_a_character_may_be_split_between_fragments_and_within_a_frame() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        text = json.dumps({"type": "κόσμε"}, ensure_ascii=False).encode()
        at = text.index("κ".encode()) + 1
        await viewer.send(TEXT, text[:at], final=False)
        for byte in frame(CONT, text[at:]):
            await viewer.stream.send(bytes([byte]))
        assert (await viewer.message())["code"] == "bad_request"
