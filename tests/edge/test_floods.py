"""A client that sends more than anyone has to say is sent away before it costs others anything."""

import json
from collections import Counter

import anyio
import pytest

from tests.client import joined
from tests.edge.raw_viewer import CLOSE, CONT, PING, PONG, TEXT, RawViewer, frame, raw_viewer
from tests.edge.stub_engine import Running, running
from tests.samples import sample
from tests.waiting import until

_BURST, _A_SECOND = 1_000, 200
_FLOODS = {
    "pings": frame(PING, b"?"),
    "pongs nobody asked for": frame(PONG, b"!"),
    "empty fragments": frame(CONT, final=False),
    "commands": frame(TEXT, b'{"type": "time", "client_ms": 1}'),
    "nonsense": frame(TEXT, b'{"type": "x"}'),
}


async def _flood(here: Running, viewer: RawViewer, one: bytes) -> tuple[int, int]:
    """Send far too much in one go; return the close code and how much was answered."""
    await viewer.stream.send(one * 5_000)
    answers = 0
    while True:
        opcode, payload = await viewer.read()
        if opcode == CLOSE:
            break
        answers += 1
    await viewer.stream.aclose()
    await until(lambda: here.engine.lost == 1)
    return int.from_bytes(payload[:2], "big"), answers


@pytest.mark.parametrize("kind", _FLOODS)
async def test_a_flood_of_frames_closes_with_4507_after_the_first_thousand(kind: str) -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        if kind == "empty fragments":
            await viewer.send(TEXT, final=False)
        code, answers = await _flood(here, viewer, _FLOODS[kind])
        assert (code, answers <= _BURST) == (4507, True)
        assert len(here.engine.submitted) <= 40


async def test_each_command_that_is_refused_as_it_comes_is_counted() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        commands = [_FLOODS["nonsense"]] * 30 + [_FLOODS["commands"]] * 30
        await viewer.stream.send(b"".join(commands))
        answers = [json.loads((await viewer.read())[1])[0] for _ in commands]
        codes = Counter(answer.get("code") for answer in answers)
        assert codes == {"bad_request": 30, "rate_limited": 21, None: 9}
        assert len(here.engine.submitted) == 9  # of 40, with `hello` and the refused ones
        assert sample(here.engine.metrics, "commands_refused_total") == 51


async def test_of_a_flood_as_many_pings_are_answered_as_are_allowed_however_they_come() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        assert await _flood(here, viewer, _FLOODS["pings"]) == (4507, _BURST - 1)


async def test_as_many_frames_as_are_allowed_go_on_for_ever() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.join()
        left = _BURST - 1  # `hello` was one
        for _ in range(5):
            await viewer.stream.send(frame(PING, b"?") * left)
            for _ in range(left):
                assert await viewer.read() == (PONG, b"?")
            here.clock.advance(1_000)
            left = _A_SECOND


async def test_who_floods_while_it_is_sent_away_is_read_no_further() -> None:
    async with running() as here, raw_viewer(here.address) as viewer:
        await viewer.shake_hands()
        await viewer.say({"type": "time"})
        assert await viewer.read() == (CLOSE, b"\x11\x94" + b"the first message is `hello`")
        await viewer.stream.send(frame(PING, b"?") * 5_000)
        # It hangs up without waiting for the answer to its close.
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)), anyio.fail_after(4):
            await viewer.stream.receive()


async def test_others_are_answered_while_someone_floods() -> None:
    async with running() as here, joined(here.url, "s1") as witness:
        async with raw_viewer(here.address) as viewer:
            await viewer.join()
            await viewer.stream.send(_FLOODS["pings"] * 5_000)
            assert (await witness.ask("time", client_ms=1))["type"] == "time"
