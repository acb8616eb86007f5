"""The benchmark of the fan-out measures what it says, with a room that is small."""

import json
import os
import subprocess
import sys
import uuid
import zlib
from contextlib import suppress
from pathlib import Path

from loadtests.fanout.bench import FAN_OUT
from loadtests.fanout.plot import plot
from loadtests.kit.checkout import OURS
from loadtests.kit.frames import Heard, Target, client_frame, hear, server_frame
from loadtests.kit.report import Figure, percentile, table

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 90


def test_a_small_room_gets_everything_and_no_process_is_left(tmp_path: Path) -> None:
    mark = f"FANOUT_TEST={uuid.uuid4()}"
    kept, drawn = tmp_path / "fanout.json", tmp_path / "fanout.svg"
    arguments = ["--scenario=deliver", "--scenario=drain", "--viewers=20", "--rounds=1", "--quick"]
    with subprocess.Popen(
        [sys.executable, "-m", "loadtests.fanout", *arguments, "--json", kept, "--plot", drawn],
        cwd=_ROOT,
        env=os.environ | dict([mark.split("=")]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            said = process.communicate(timeout=_PATIENCE_S)[0]
        finally:
            process.kill()
    assert process.returncode == 0, said
    assert _started_with(mark) == []
    figures = {each["name"]: each["value"] for each in json.loads(kept.read_text())["figures"]}
    assert figures["20 viewers: reach"] == 100
    assert figures["20 viewers: the floor, a loop of socket.send"] > 0
    assert figures["20 viewers: Starlette's send loop"] > 0
    assert figures["viewers told before they were closed"] == 100
    assert figures["confirmed orders missing"] == 0
    assert figures["exit code"] == 0
    assert drawn.read_text().startswith("<svg")


def _started_with(mark: str) -> list[str]:
    """The processes, of any kind, whose environment has a mark."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):  # it is another user's, or has ended meanwhile
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
    return found


def test_whole_frames_are_heard_and_the_rest_waits() -> None:
    event = server_frame(b'[{"type":"product.pinned","offset":7},{"type":"pulse"}]')
    long = server_frame(b'[{"type":"session","title":"' + b"x" * 300 + b'"}]')
    data = event + long + b"\x89\x01p" + event[:-1]
    heard = hear(data)
    assert heard == Heard(
        octets=len(data) - len(event) + 1,
        frames=3,
        offsets=(7,),
        snapshot_bytes=len(long),
        pings=(b"p",),
    )
    assert not heard.shared
    assert hear(event).shared


def test_a_close_and_what_was_said_before_it_are_heard() -> None:
    data = server_frame(b'[{"type":"moved","retry_after_ms":500}]') + b"\x88\x02\x0f\xa1"
    heard = hear(data)
    assert (heard.moved, heard.close_code) == (True, 4001)


def test_a_compressed_frame_counts_as_what_it_takes_on_the_wire() -> None:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    text = b'[{"type":"session","shelf":[' + b"{}," * 2_000 + b"{}]}]"
    packed = (deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
    frame = bytes([0xC1, len(packed)]) + packed
    assert hear(frame).snapshot_bytes == len(frame) < 126


def test_a_request_is_as_long_as_asked() -> None:
    for deflate in (False, True):
        request = Target(8000, "/ws/sessions/s1", deflate=deflate, head_bytes=900).request()
        assert len(request) == 900
        assert (b"permessage-deflate" in request) == deflate
        assert request.endswith(b"\r\n\r\n")


def test_a_client_frame_is_masked() -> None:
    assert client_frame(1, b"hi") == b"\x81\x82\x00\x00\x00\x00hi"
    assert client_frame(1, b"x" * 126)[:4] == b"\x81\xfe\x00\x7e"


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 99), percentile([3.0], 1)) == (50, 99, 3)


def test_a_figure_that_could_not_be_taken_is_a_dash() -> None:
    shown = table([Figure("snapshot", "compressed", None, "%", "≤ 35", "declined")])
    assert shown.splitlines()[-1] == "| snapshot | compressed |     — | %    | ≤ 35   | declined |"


def test_the_plot_has_a_line_for_each_that_was_measured() -> None:
    cpu_us = {f"{FAN_OUT}{OURS}": [7.0, 8.0], "floor": [5.0, 6.0]}
    drawn = plot([{"viewers": viewers, "cpu_us_per_delivery": cpu_us} for viewers in (500, 5_000)])
    assert drawn.count("<polyline") == 2
    assert "liveshop" in drawn
