"""The load: one process, one epoll, thousands of viewers on bare sockets."""

import errno
import gc
import itertools
import select
import socket
import struct
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from multiprocessing.connection import Connection
from typing import Any, Final

from loadtests.kit.frames import CLOSE, PONG, TEXT, Heard, Target, client_frame, hear
from loadtests.kit.worker import answer_requests

_READ_BYTES: Final = 65_536
_POLLED_MAX: Final = 1_024
_REMEMBERED_MAX: Final = 256
_HELLO: Final = client_frame(TEXT, b'{"type":"hello","token":null}')
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER of zero: no TIME_WAIT is left of a viewer
# Where viewers come from, and nobody else: one address has some 28,000 ports, and a run may need
# more.
ADDRESSES: Final = tuple(f"127.0.0.{last}" for last in range(2, 10))


class Stage(Enum):
    """A viewer goes from CONNECTING to WATCHING; it ends GONE, or STUCK and GONE later."""

    CONNECTING = auto()
    SHAKING_HANDS = auto()
    JOINING = auto()
    WATCHING = auto()
    STUCK = auto()
    GONE = auto()


@dataclass(slots=True)
class _Viewer:
    socket: socket.socket
    target: Target
    stage: Stage = Stage.CONNECTING
    rest: bytes = b""
    moved_ns: int = 0
    closed_ns: int = 0
    close_code: int | None = None


@dataclass
class Joined:
    """How a number of viewers came in; `cpu` is the share of a core that the load itself took."""

    count: int
    seconds: float
    cpu: float
    snapshot_bytes: int
    deflate: int
    refused: dict[str, int] = field(default_factory=dict)


@dataclass
class Leaving:
    """How the viewers were let go; instants are nanoseconds of the monotonic clock."""

    watching: int
    told_first: int
    codes: dict[str, int]
    told_ns: list[int]
    closed_ns: list[int]


class Crowd:
    """Joins, listens and leaves as it is asked; messages that it hears are counted by offset."""

    def __init__(self, pipe: Connection) -> None:
        self._epoll = select.epoll()
        self._pipe_fd = pipe.fileno()
        self._epoll.register(self._pipe_fd, select.EPOLLIN)
        self._viewers: dict[int, _Viewer] = {}
        self._addresses = itertools.cycle(ADDRESSES)
        self._known: dict[bytes, Heard] = {}
        self._arrivals: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self._refused: Counter[str] = Counter()
        self._snapshot_bytes = 0
        self._frames = self._octets = self._joined = self._under_way = self._deflate = 0
        self._since = (time.monotonic_ns(), time.process_time_ns())

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return what can be asked of it."""
        return {
            "join": self.join,
            "wait": self.wait,
            "arrivals": self.arrivals,
            "usage": self.usage,
            "stick": self.stick,
            "cut_stuck": self.cut_stuck,
            "leave": self.leave,
            "see_off": self.see_off,
        }

    def idle(self) -> None:
        """Listen until a request may be there."""
        self._step(1.0)

    # Requests

    def join(
        self, target: Target, count: int, per_second: float, at_once: int, seconds: float
    ) -> Joined:
        """Bring viewers in, at a rate or (0) as fast as the server takes them."""
        self._joined = self._under_way = self._snapshot_bytes = self._deflate = 0
        self._refused.clear()
        started, cpu = time.monotonic(), time.process_time()
        opened = 0
        while self._joined + sum(self._refused.values()) < count:
            passed = time.monotonic() - started
            if passed > seconds:
                break
            due = min(count, int(passed * per_second) + 1) if per_second else count
            while opened < due and self._under_way < at_once:
                self._open(target)
                opened += 1
            self._step(0.001 if opened < count else 0.05)
        took = time.monotonic() - started
        return Joined(
            count=self._joined,
            seconds=took,
            cpu=(time.process_time() - cpu) / took,
            snapshot_bytes=self._snapshot_bytes,
            deflate=self._deflate,
            refused=dict(self._refused),
        )

    def wait(self, offsets: list[int], count: int, seconds: float) -> int:
        """Listen until `count` viewers have each offset; return the deliveries of all of them."""
        deadline = time.monotonic() + seconds
        for offset in offsets:
            while len(self._arrivals[offset]) < count and time.monotonic() < deadline:
                self._step(0.01)
        return sum(len(self._arrivals[offset]) for offset in offsets)

    def arrivals(self) -> "dict[int, array[int]]":
        """Return when each offset arrived, once for each viewer, and forget it."""
        arrivals, self._arrivals = dict(self._arrivals), defaultdict(lambda: array("q"))
        return arrivals

    def usage(self) -> dict[str, float]:
        """Return frames, bytes and the load's share of a core since the last time."""
        wall_ns, cpu_ns = time.monotonic_ns(), time.process_time_ns()
        share = (cpu_ns - self._since[1]) / max(1, wall_ns - self._since[0])
        answer = {"frames": self._frames, "bytes": self._octets, "cpu": share}
        self._frames = self._octets = 0
        self._since = (wall_ns, cpu_ns)
        return answer

    def stick(self, count: int, receive_buffer: int) -> int:
        """Let `count` viewers stop reading; return how many do."""
        watching = [each for each in self._viewers.values() if each.stage is Stage.WATCHING]
        for viewer in watching[:count]:
            viewer.stage = Stage.STUCK
            self._epoll.modify(viewer.socket.fileno(), 0)
            if receive_buffer:
                viewer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        return len(watching[:count])

    def cut_stuck(self) -> int:
        """Cut those who do not read; return how many had not noticed that they were let go."""
        stuck = [each for each in self._viewers.values() if each.stage is Stage.STUCK]
        for viewer in stuck:
            self._cut(viewer)
        return len(stuck)

    def leave(self, most: int | None = None) -> int:
        """Cut every connection, or so many at most; return how many there were."""
        leaving = tuple(self._viewers.values())[:most]
        for viewer in leaving:
            self._cut(viewer)
        return len(leaving)

    def see_off(self, seconds: float) -> Leaving:
        """Listen until the server has let every viewer go."""
        viewers = [each for each in self._viewers.values() if each.stage is Stage.WATCHING]
        deadline = time.monotonic() + seconds
        while self._viewers and time.monotonic() < deadline:
            self._step(0.05)
        gone = [each for each in viewers if each.stage is Stage.GONE]
        return Leaving(
            watching=len(viewers),
            told_first=sum(0 < each.moved_ns <= each.closed_ns for each in gone),
            codes=Counter(str(each.close_code) for each in gone),
            told_ns=[each.moved_ns for each in gone if each.moved_ns],
            closed_ns=[each.closed_ns for each in gone],
        )

    # One viewer

    def _open(self, target: Target) -> None:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((next(self._addresses), 0))
        viewer = _Viewer(sock, target)
        code = sock.connect_ex(("127.0.0.1", target.port))
        if code not in (0, errno.EINPROGRESS):
            self._refused[errno.errorcode[code]] += 1
            sock.close()
            return
        self._under_way += 1
        self._viewers[sock.fileno()] = viewer
        self._epoll.register(sock.fileno(), select.EPOLLOUT)

    def _step(self, seconds: float) -> None:
        for fd, _ in self._epoll.poll(seconds, _POLLED_MAX):
            viewer = self._viewers.get(fd)
            if viewer is None:
                continue  # the pipe, or one that was lost in this very step
            if viewer.stage is Stage.CONNECTING:
                self._connected(viewer)
            else:
                self._read(viewer)

    def _connected(self, viewer: _Viewer) -> None:
        code = viewer.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._lose(viewer, errno.errorcode[code])
            return
        viewer.stage = Stage.SHAKING_HANDS
        self._epoll.modify(viewer.socket.fileno(), select.EPOLLIN)
        self._send(viewer, viewer.target.request())

    def _read(self, viewer: _Viewer) -> None:
        try:
            data = viewer.socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(viewer, errno.errorcode.get(error.errno or 0, "OSError"))
            return
        if not data:
            self._lose(viewer, "closed")
        elif viewer.stage is Stage.SHAKING_HANDS:
            self._shake_hands(viewer, data)
        elif viewer.rest:
            self._hear(viewer, viewer.rest + data)
        elif (heard := self._known.get(data)) is not None:
            self._count(heard)
        else:
            self._hear(viewer, data)

    def _shake_hands(self, viewer: _Viewer, data: bytes) -> None:
        data = viewer.rest + data
        head, ended, rest = data.partition(b"\r\n\r\n")
        if not ended:
            viewer.rest = data
            return
        status = head[9:12].decode("latin-1")
        if status != "101":
            self._lose(viewer, status)
            return
        self._deflate += b"permessage-deflate" in head
        viewer.stage, viewer.rest = Stage.JOINING, b""
        self._send(viewer, _HELLO)
        if rest:
            self._hear(viewer, rest)

    def _hear(self, viewer: _Viewer, data: bytes) -> None:
        heard = hear(data)
        viewer.rest = data[heard.octets :]
        if heard.shared and not viewer.rest:
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[data] = heard
        self._count(heard)
        if not heard.shared:
            self._answer(viewer, heard)

    def _count(self, heard: Heard) -> None:
        self._frames += heard.frames
        self._octets += heard.octets
        if heard.offsets:
            now_ns = time.monotonic_ns()
            for offset in heard.offsets:
                self._arrivals[offset].append(now_ns)

    def _answer(self, viewer: _Viewer, heard: Heard) -> None:
        for payload in heard.pings:
            self._send(viewer, client_frame(PONG, payload))
        if heard.snapshot_bytes and viewer.stage is Stage.JOINING:
            viewer.stage = Stage.WATCHING
            self._joined += 1
            self._under_way -= 1
            self._snapshot_bytes = heard.snapshot_bytes
        if heard.moved:
            viewer.moved_ns = time.monotonic_ns()
        if heard.close_code is not None:
            viewer.close_code = heard.close_code
            viewer.closed_ns = time.monotonic_ns()
            self._send(viewer, client_frame(CLOSE, heard.close_code.to_bytes(2, "big")))

    def _send(self, viewer: _Viewer, frame: bytes) -> None:
        # Of one that was lost, reading tells.
        with suppress(OSError):
            viewer.socket.send(frame)

    def _cut(self, viewer: _Viewer) -> None:
        viewer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._lose(viewer)

    def _lose(self, viewer: _Viewer, why: str = "left") -> None:
        if viewer.stage in (Stage.CONNECTING, Stage.SHAKING_HANDS, Stage.JOINING):
            self._under_way -= 1
            self._refused[str(viewer.close_code or why)] += 1
        viewer.stage = Stage.GONE
        viewer.closed_ns = viewer.closed_ns or time.monotonic_ns()
        del self._viewers[viewer.socket.fileno()]
        viewer.socket.close()


def serve(pipe: Connection) -> None:
    """Be the load until the pipe is closed."""
    # Nothing here makes cycles, and a collection would look like a slow server.
    gc.disable()
    crowd = Crowd(pipe)
    answer_requests(pipe, crowd.handlers(), crowd.idle)
    crowd.leave()
