"""How a viewer's bytes are cut, masked and put into fragments changes nothing of what comes."""

import json
import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liveshop.core import limits
from liveshop.core.commands import Command
from liveshop.edge.gateway import Gateway
from liveshop.edge.tokens import Tokens
from liveshop.edge.viewer_socket import ViewerSocket
from tests.core.grammar import commands
from tests.edge.raw_viewer import CLOSE, CONT, PING, PONG, TEXT, parsed_head
from tests.edge.stub_engine import SECRET, SETTINGS, Clock, StubEngine
from tests.fuzz.wire_end import FarEnd

EXAMPLES = settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],  # of a machine that is
)

_HELLO = {"type": "hello", "ref": 1}
_MESSAGES_MAX = 6
# Each part of a frame counts like one: thousands at one instant would be a flood.
_BETWEEN_MS = 1000 // limits.FRAMES_RATE[0]


@dataclass(frozen=True)
class Outcome:
    """The outcome of a visit: commands for the engine, and the frames told to the viewer."""

    submitted: list[Command]
    told: list[tuple[int, bytes]]


def _visit(packets: list[bytes], *, deflates: bool) -> Outcome:
    """Let packets come on a connection of their own, and hang up."""
    clock, engine = Clock(), StubEngine()
    gateway = Gateway(SETTINGS, engine, Tokens(secret=SECRET), clock)
    far_end = FarEnd(socket := ViewerSocket(gateway))
    assert far_end.protocol is socket
    socket.shake_hands(parsed_head(deflates=deflates))
    for packet in packets:
        far_end.feed(packet)
        clock.now_ms += _BETWEEN_MS
    written = far_end.written
    far_end.hang_up()
    assert (len(gateway), engine.viewers) == (0, {})
    return Outcome(engine.submitted, _frames_of(written.partition(b"\r\n\r\n")[2]))


def _frames_of(data: bytes) -> list[tuple[int, bytes]]:
    frames = []
    while data:
        size, skip = data[1], 2
        if size >= 126:
            skip = 4 if size == 126 else 10
            size = int.from_bytes(data[2:skip], "big")
        frames.append((data[0], data[skip : skip + size]))
        data = data[skip + size :]
    return frames


def _frame(
    opcode: int, payload: bytes, mask: bytes, *, final: bool = True, compressed: bool = False
) -> bytes:
    first = opcode | (0x80 if final else 0) | (0x40 if compressed else 0)
    size = len(payload)
    head = bytes([first, 0x80 | size]) if size < 126 else bytes([first, 0x80 | 126])
    if size >= 126:
        head += size.to_bytes(2, "big")
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


MASKS = st.binary(min_size=4, max_size=4)
CONTROLS = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=20))


@st.composite
def _said(draw: st.DrawFn, payload: bytes, *, deflates: bool) -> bytes:
    """One message as frames: masked anyhow, in fragments or not, with pings between them."""
    compressed = deflates and draw(st.booleans())
    if compressed:
        level = draw(st.integers(0, 9))
        deflater = zlib.compressobj(level, wbits=-15)
        payload = (deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]
    cuts = draw(st.lists(st.integers(0, len(payload)), max_size=4))
    edges = [0, *sorted(cuts), len(payload)]
    frames = b""
    for number, (start, end) in enumerate(pairwise(edges)):
        frames += _frame(
            CONT if number else TEXT,
            payload[start:end],
            draw(MASKS),
            final=number == len(edges) - 2,
            compressed=compressed and not number,
        )
        for opcode, data in draw(st.lists(CONTROLS, max_size=2)):
            frames += _frame(opcode, data, draw(MASKS))
    return frames


def _plain(message: dict[str, Any]) -> bytes:
    return _frame(TEXT, json.dumps(message).encode(), b"\0\0\0\0")


@st.composite
def _cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The same bytes as packets, of any size."""
    size = draw(st.none() | st.integers(1, 8))
    if size is not None:
        return [data[at : at + size] for at in range(0, len(data), size)]
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=20))
    return [data[start:end] for start, end in pairwise([0, *sorted(cuts), len(data)])]


def _answers(outcome: Outcome) -> list[tuple[int, bytes]]:
    """Return all that was told but for the pongs."""
    return [(first, payload) for first, payload in outcome.told if first != 0x80 | PONG]


MESSAGES = st.lists(commands(), max_size=_MESSAGES_MAX)


@pytest.mark.parametrize("deflates", [False, True])
def test_messages_come_the_same_however_they_are_masked_put_into_fragments_and_cut(
    deflates: bool,
) -> None:
    @EXAMPLES
    @given(MESSAGES, st.data())
    def holds(messages: list[dict[str, Any]], data: st.DataObject) -> None:
        visit = [_HELLO, *messages]
        whole = _visit([_plain(message) for message in visit], deflates=deflates)
        said = b"".join(
            data.draw(_said(json.dumps(message).encode(), deflates=deflates)) for message in visit
        )
        cut = _visit(data.draw(_cut(said)), deflates=deflates)
        assert cut.submitted == whole.submitted
        assert _answers(cut) == _answers(whole)

    holds()


@EXAMPLES
@given(st.lists(CONTROLS, max_size=20), st.data())
def test_every_ping_is_answered_in_its_order_with_what_it_carried(
    controls: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    said = _plain(_HELLO)
    for opcode, payload in controls:
        said += _frame(opcode, payload, data.draw(MASKS))
    told = _visit(data.draw(_cut(said)), deflates=False).told
    pongs = [payload for first, payload in told if first == 0x80 | PONG]
    assert pongs == [payload for opcode, payload in controls if opcode == PING]


@EXAMPLES
@given(st.binary(max_size=300), st.data())
def test_any_bytes_after_the_hello_end_the_same_however_they_are_cut(
    noise: bytes, data: st.DataObject
) -> None:
    said = _plain(_HELLO) + noise
    whole, cut = _visit([said], deflates=False), _visit(data.draw(_cut(said)), deflates=False)
    assert cut.submitted == whole.submitted
    closes = [[each for each in each.told if each[0] == 0x80 | CLOSE] for each in (whole, cut)]
    assert [bool(each) for each in closes] in ([True, True], [False, False])
    assert len(closes[0]) <= 1
