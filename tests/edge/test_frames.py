"""RFC 6455 at its edges, with bare sockets."""

import json

import pytest

from tests.edge.raw_viewer import (
    BINARY,
    CLOSE,
    CONT,
    HEAD,
    PING,
    PONG,
    TEXT,
    RawViewer,
    frame,
    raw_viewer,
)
from tests.edge.stub_engine import running
from tests.waiting import until

ASK_TIME = json.dumps({"type": "time", "ref": 7, "client_ms": 1}).encode()


async def assert_time_is_told(viewer: RawViewer) -> None:
    answer = await viewer.message()
    assert (answer["type"], answer["ref"]) == ("time", 7)


async def test_the_handshake_answers_as_the_rfc_says() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        head = await viewer.shake_hands(more="Sec-WebSocket-Protocol: liveshop.v1\r\n")
        lines = head.split("\r\n")
        assert lines[0] == "HTTP/1.1 101 Switching Protocols"
        assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in lines
        assert "Sec-WebSocket-Protocol: liveshop.v1" in lines


@pytest.mark.parametrize(
    ("path", "replaced", "by", "status"),
    [
        ("/ws/sessions/s1", "GET", "POST", 405),
        ("/ws/sessions/s1", "Version: 13", "Version: 8", 400),
        ("/ws/sessions/s1", "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400),
        ("/ws/elsewhere", "GET", "GET", 404),
    ],
)
async def test_a_bad_handshake_is_refused_over_http(
    path: str, replaced: str, by: str, status: int
) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        head = HEAD.format(path=path, more="").replace(replaced, by)
        await viewer.stream.send(head.encode())
        answer = await viewer.stream.receive()
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert len(here.server.gateway) == 0


async def test_a_message_in_fragments_with_pings_between_is_one_message() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        for at in range(len(ASK_TIME)):
            opcode = CONT if at else TEXT
            await viewer.send(opcode, ASK_TIME[at : at + 1], final=False)
        await viewer.send(PING, b"between")
        await viewer.send(CONT)
        assert await viewer.read() == (PONG, b"between")
        await assert_time_is_told(viewer)


async def test_bytes_may_trickle_in_one_by_one() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        for byte in frame(TEXT, ASK_TIME):
            await viewer.stream.send(bytes([byte]))
        await assert_time_is_told(viewer)


async def test_many_frames_may_come_in_one_packet() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.stream.send(frame(TEXT, ASK_TIME) * 20)
        for _ in range(20):
            await assert_time_is_told(viewer)


@pytest.mark.parametrize("payload", [b"", b"x" * 125, bytes(range(125))])
async def test_a_ping_is_answered_with_its_payload(payload: bytes) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(PING, payload)
        assert await viewer.read() == (PONG, payload)


async def test_a_message_of_4096_bytes_passes_and_one_more_closes_with_1009() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(TEXT, ASK_TIME.ljust(4096))
        await assert_time_is_told(viewer)
        await viewer.send(TEXT, ASK_TIME.ljust(4097))
        assert await viewer.close_code() == 1009


async def test_fragments_that_add_up_to_too_much_close_with_1009() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(TEXT, b" " * 4000, final=False)
        await viewer.send(CONT, b" " * 97, final=False)
        assert await viewer.close_code() == 1009


async def test_the_close_code_of_a_huge_message_is_not_lost_in_a_reset() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(TEXT, b"x" * 1_000_000)
        assert await viewer.close_code() == 1009


@pytest.mark.parametrize("bad", [b"\xff", b'{"type": "\xc3(', b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
async def test_invalid_utf_8_closes_with_1007(bad: bytes) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(TEXT, bad)
        assert await viewer.close_code() == 1007


async def test_a_character_may_be_split_between_fragments() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        text = json.dumps({"type": "é"}, ensure_ascii=False).encode()
        at = text.index(b"\xa9")
        await viewer.send(TEXT, text[:at], final=False)
        await viewer.send(CONT, text[at:])
        assert (await viewer.message())["code"] == "bad_request"


@pytest.mark.parametrize(
    "bad",
    [
        frame(TEXT, ASK_TIME, masked=False),
        frame(CONT, b"nothing to continue"),
        frame(0x3, b"a reserved opcode"),
        frame(PING, b"x" * 126),
        frame(PING, b"a control frame in fragments", final=False),
        bytes([0xC1]) + frame(TEXT, b"a reserved bit")[1:],
        frame(TEXT, b"{", final=False) + frame(TEXT, b"}"),
        frame(CLOSE, b"\x00"),
        frame(CLOSE, b"\x03\xed"),
    ],
    ids=[
        "unmasked",
        "lone continuation",
        "reserved opcode",
        "long control frame",
        "control frame in fragments",
        "reserved bit",
        "message within a message",
        "close with half a code",
        "close with a reserved code",
    ],
)
async def test_a_frame_against_the_rfc_closes_with_1002(bad: bytes) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.stream.send(bad)
        assert await viewer.close_code() == 1002


@pytest.mark.parametrize("final", [True, False])
async def test_a_binary_frame_closes_with_4501(final: bool) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.send(BINARY, ASK_TIME, final=final)
        assert await viewer.close_code() == 4501
        assert here.engine.submitted == []


async def test_what_comes_after_a_bad_frame_is_not_carried_out() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.stream.send(frame(TEXT, b"[]") + frame(TEXT, ASK_TIME))
        assert await viewer.close_code() == 4501
        assert here.engine.submitted == []


async def test_what_comes_before_a_close_is_carried_out_and_the_close_echoed() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        await viewer.stream.send(frame(TEXT, ASK_TIME) + frame(CLOSE, b"\x03\xe8bye"))
        await assert_time_is_told(viewer)
        assert await viewer.read() == (CLOSE, b"\x03\xe8bye")
        await viewer.stream.aclose()
        await until(lambda: here.engine.lost == 1)


async def test_a_viewer_that_vanishes_without_a_close_is_forgotten() -> None:
    async with running() as here:
        async with raw_viewer(here.address) as viewer:
            await viewer.join()
        await until(lambda: here.engine.lost == 1)
        assert len(here.server.gateway) == 0
