"""The load: one process, one epoll, thousands of buyers on bare sockets.

Arrivals are open: a purchase is sent when it is due, whatever has become of those before, and its
latency counts from when it was due. All that is sent is made before, and of what comes nothing is
read but its type and whose it is, so that the load costs little compared with the server.
"""

import gc
import itertools
import json
import re
import select
import socket
import struct
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Final

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from loadtests.kit.frames import PING, PONG, TEXT, Target, client_frame, span
from loadtests.kit.worker import answer_requests
from loadtests.stampede.patience import Patience
from loadtests.stampede.rush import Outcome, Rush

_AT_ONCE: Final = 100
_READ_BYTES: Final = 65_536
_POLLED_MAX: Final = 1_024
_SENT_PER_STEP_MAX: Final = 200
_TURN_S: Final = 0.001
_ANSWER_S_MAX: Final = 30.0
_TOKEN_S: Final = 86_400
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER of zero: no TIME_WAIT is left
_RESERVED: Final = b'[{"type":"reserved"'
_CONFIRMED: Final = b'[{"type":"confirmed","order_id":"'
_ERROR: Final = re.compile(rb'\[\{"type":"error","ref":(\d+),"code":"([a-z_]+)"')
_RID_CHARS: Final = 36
_FINAL: Final = (b'[{"type":"refused"', b'[{"type":"expired"', b'[{"type":"released"')


@dataclass
class _Notes:
    """One entry for each purchase, 0 where it has not come to that."""

    due_ns: list[int]
    sent_ns: list[int]
    reserved_ns: list[int]
    final_ns: list[int]
    by_rid: dict[bytes, int]
    confirmed: set[int] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    # Each time that one was told `busy`, whether or not its buyer still waited.
    busy_ns: list[int] = field(default_factory=list)
    contradicted: int = 0
    open: int = 0


class Buyers:
    """Joins, buys and leaves as it is asked."""

    def __init__(self, pipe: Connection) -> None:
        self._epoll = select.epoll()
        self._pipe_fd = pipe.fileno()
        self._epoll.register(self._pipe_fd, select.EPOLLIN)
        self._sockets: dict[int, socket.socket] = {}
        self._rests: dict[int, bytes] = {}
        self._turns: dict[int, list[int]] = {}
        self._frames: list[bytes] = []
        self._notes = _Notes([], [], [], [], {})
        self._patience = Patience(0.0)
        self._lost = 0
        self._fds: list[int] = []
        self._first_ref = 0

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return what can be asked of it."""
        return {
            "join": self.join,
            "prepare": self.prepare,
            "rush": self.rush,
            "leave": self.leave,
        }

    def idle(self) -> None:
        """Listen until a request may be there, so that no reader looks slow."""
        self._step(1.0)

    # Requests

    def join(self, target: Target, secret: str, count: int) -> int:
        """Bring so many buyers in; return how many there are now."""
        for first in range(0, count, _AT_ONCE):
            self._join(target, secret, min(_AT_ONCE, count - first))
        return len(self._sockets)

    def rush(self, rush: Rush) -> Outcome:
        """Let everyone buy what was prepared, and return what came of it."""
        assert self._sockets, "somebody has joined"
        notes = self._notes
        cpu, began_ns = time.process_time_ns(), time.monotonic_ns()
        ends_ns = began_ns + int(rush.seconds_max * 1e9)
        if rush.rate:
            self._send_on_time(rush, began_ns, ends_ns)
        else:
            notes.due_ns = notes.sent_ns
            for fd in tuple(self._sockets):
                self._send_next(fd)
        while notes.open and self._sockets and time.monotonic_ns() < ends_ns:
            self._step(0.02)
            self._ask_again()
        ended_ns = time.monotonic_ns()
        share = (time.process_time_ns() - cpu) / (ended_ns - began_ns)
        return self._outcome(began_ns, ended_ns, share)

    def leave(self) -> None:
        """Cut every connection."""
        for sock in self._sockets.values():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.close()
        self._sockets.clear()
        self._rests.clear()
        self._turns.clear()

    # Joining, which need not be fast

    def _join(self, target: Target, secret: str, count: int) -> None:
        sockets = []
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", target.port), _ANSWER_S_MAX)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(target.request())
            sockets.append(sock)
        rests = [_read_until(sock, b"", b"\r\n\r\n")[1] for sock in sockets]
        for sock in sockets:
            viewer_id = f"stampede-{uuid.uuid4()}"
            token = make_token(secret, viewer_id=viewer_id, role=Role.VIEWER, ttl_s=_TOKEN_S)
            hello = json.dumps({"type": "hello", "token": token})
            sock.sendall(client_frame(TEXT, hello.encode()))
        for sock, rest in zip(sockets, rests, strict=True):
            rest = _read_until(sock, rest, b'[{"type":"session"', kept=True)[1]
            sock.setblocking(False)
            fd = sock.fileno()
            self._sockets[fd] = sock
            self._rests[fd] = rest
            self._turns[fd] = []
            self._epoll.register(fd, select.EPOLLIN)

    # Buying

    def prepare(self, rush: Rush) -> None:
        """Write what everyone will say."""
        # No ref comes twice: an answer to an earlier rush is none to this one.
        self._first_ref += len(self._frames)
        rids = [str(uuid.uuid4()).encode() for _ in range(rush.attempts)]
        skus = itertools.cycle(sku.encode() for sku in rush.skus)
        self._frames = [
            client_frame(
                TEXT,
                b'{"type":"buy","ref":%d,"rid":"%s","sku":"%s","quantity":1}'
                % (self._first_ref + number, rid, next(skus)),
            )
            for number, rid in enumerate(rids)
        ]
        nothing = [0] * rush.attempts
        numbers = {rid: number for number, rid in enumerate(rids)}
        self._notes = _Notes(nothing[:], nothing[:], nothing[:], nothing[:], numbers)
        self._lost = 0
        self._patience = Patience(rush.patience_s)
        self._fds = fds = list(self._sockets)
        for index, fd in enumerate(fds):
            # The last first, since they are taken from the end.
            self._turns[fd] = list(range(index, rush.attempts, len(fds)))[::-1]

    def _send_on_time(self, rush: Rush, began_ns: int, ends_ns: int) -> None:
        notes, every_ns, sent = self._notes, 1e9 / rush.rate, 0
        fds = itertools.cycle(tuple(self._sockets))
        while sent < rush.attempts:
            now_ns = time.monotonic_ns()
            if now_ns > ends_ns:
                return
            due = min(rush.attempts, int((now_ns - began_ns) / every_ns) + 1)
            for number in range(sent, min(due, sent + _SENT_PER_STEP_MAX)):
                notes.due_ns[number] = began_ns + int(number * every_ns)
                self._send_next(next(fds))
                sent += 1
            if sent >= due:
                # Each answer as it comes would cost a call of epoll of its own.
                time.sleep(_TURN_S)
            self._step(0.0)
            self._ask_again()

    def _send_next(self, fd: int) -> None:
        turns, sock = self._turns.get(fd), self._sockets.get(fd)
        if not turns or sock is None:
            return
        number = turns.pop()
        try:
            sock.send(self._frames[number])
        except OSError:
            self._lose(fd)
            return
        self._notes.sent_ns[number] = time.monotonic_ns()
        self._notes.open += 1
        if self._patience.seconds:
            self._patience.ask(number, self._notes.due_ns[number])

    def _ask_again(self) -> None:
        """Let buyers give up, or ask for the same again, if they have waited for too long."""
        if not self._patience.seconds:
            return
        now_ns = time.monotonic_ns()
        fds = self._fds
        for number in self._patience.lose(now_ns, lambda each: self._notes.final_ns[each] > 0):
            sock = self._sockets.get(fds[number % len(fds)])
            if sock is None:
                continue
            try:
                sock.send(self._frames[number])
            except OSError:
                self._lose(fds[number % len(fds)])
            else:
                self._patience.ask(number, now_ns)

    def _step(self, seconds: float) -> None:
        for fd, _ in self._epoll.poll(seconds, _POLLED_MAX):
            sock = self._sockets.get(fd)
            if sock is None:
                continue  # the pipe
            try:
                data = sock.recv(_READ_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                self._hear(fd, data)
            else:
                self._lose(fd)

    def _hear(self, fd: int, data: bytes) -> None:
        rest = self._rests[fd]
        if rest:
            data = rest + data
        at, now_ns = 0, time.monotonic_ns()
        while (found := span(data, at)) is not None:
            start, end = found
            opcode = data[at] & 0x0F
            if opcode == PING:
                self._sockets[fd].send(client_frame(PONG, data[start:end]))
            else:
                self._note(fd, data[start:end], now_ns)
            at = end
        self._rests[fd] = data[at:]

    def _note(self, fd: int, text: bytes, now_ns: int) -> None:
        notes = self._notes
        if text.startswith(_RESERVED):
            at = text.index(b'"rid":"') + 7
            number = notes.by_rid.get(text[at : at + _RID_CHARS])
            if number is not None and not notes.reserved_ns[number]:
                notes.reserved_ns[number] = now_ns
        elif text.startswith(_CONFIRMED):
            at = len(_CONFIRMED)
            number = notes.by_rid.get(text[at : at + _RID_CHARS])
            if number is not None:
                self._resolve(fd, number, now_ns, "confirmed")
        elif (error := _ERROR.match(text)) is not None:
            number, code = int(error[1]) - self._first_ref, error[2].decode()
            if 0 <= number < len(self._frames):
                if code == "busy":
                    notes.busy_ns.append(now_ns)
                self._resolve(fd, number, now_ns, code)
        elif text.startswith(_FINAL):
            message = json.loads(text)[0]
            number = notes.by_rid.get(message["rid"].encode())
            if number is not None:
                self._resolve(fd, number, now_ns, message["type"])

    def _resolve(self, fd: int, number: int, now_ns: int, answer: str) -> None:
        notes = self._notes
        if self._patience.seconds:
            again = answer == "busy" and notes.final_ns[number]
            if not self._patience.is_answered(number, answer) or again:
                return  # the other asking has the answer, or will
        if notes.final_ns[number]:
            notes.contradicted += (answer == "confirmed") != (number in notes.confirmed)
            return
        notes.final_ns[number] = now_ns
        notes.open -= 1
        if answer == "confirmed":
            notes.confirmed.add(number)
        else:
            notes.refused[answer] += 1
        if notes.due_ns is notes.sent_ns:
            self._send_next(fd)

    def _lose(self, fd: int) -> None:
        self._lost += 1
        self._sockets.pop(fd).close()

    def _outcome(self, began_ns: int, ended_ns: int, share: float) -> Outcome:
        notes = self._notes
        sent = [number for number, sent_ns in enumerate(notes.sent_ns) if sent_ns]
        confirmed = sorted(notes.confirmed)
        due = notes.due_ns

        def since_due_ms(instants: Sequence[int], numbers: Sequence[int]) -> list[float]:
            return [(instants[each] - due[each]) / 1e6 for each in numbers if instants[each]]

        return Outcome(
            began_ns=began_ns,
            ended_ns=ended_ns,
            cpu=share,
            sent=len(sent),
            unanswered=sum(not notes.final_ns[number] for number in sent),
            late_ms=since_due_ms(notes.sent_ns, sent),
            reserved_ms=since_due_ms(notes.reserved_ns, sent),
            confirmed_ms=since_due_ms(notes.final_ns, confirmed),
            confirmed_ns=sorted(notes.final_ns[number] for number in confirmed),
            reserved_ns=[each for each in notes.reserved_ns if each],
            refused=dict(notes.refused),
            busy_ns=notes.busy_ns,
            contradicted=notes.contradicted,
            lost_connections=self._lost,
            **self._served(confirmed, sent),
        )

    def _served(self, confirmed: Sequence[int], sent: Sequence[int]) -> dict[str, Any]:
        """Return what became of those who waited, and how many did not; latencies as they were.

        One that asked again waited since it did.
        """
        notes, patience = self._notes, self._patience
        asked_ns, final_ns = patience.asked_ns, notes.final_ns

        def waited_ms(numbers: Sequence[int]) -> list[float]:
            since = [asked_ns.get(each, notes.due_ns[each]) for each in numbers]
            return [(final_ns[each] - at) / 1e6 for each, at in zip(numbers, since, strict=True)]

        in_time = [each for each in confirmed if each not in patience.given_up]
        refused = [
            each
            for each in sent
            if final_ns[each] and each not in notes.confirmed and each not in patience.given_up
        ]
        return {
            "served_ms": waited_ms(in_time),
            "served_ns": [final_ns[each] for each in in_time],
            "refused_ms": waited_ms(refused),
            "given_up": len(patience.given_up),
            "asked_again": patience.asked_again,
        }


def _read_until(
    sock: socket.socket, data: bytes, mark: bytes, *, kept: bool = False
) -> tuple[bytes, bytes]:
    """Read until a mark; return what is before it, and what is behind it or (`kept`) from it on."""
    while mark not in data:
        more = sock.recv(_READ_BYTES)
        if not more:
            raise ConnectionError(f"the server hung up: {data[-200:]!r}")
        data += more
    before, _, behind = data.partition(mark)
    return before, data if kept else behind


def serve(pipe: Connection) -> None:
    """Be the load until the pipe is closed."""
    # Nothing here makes cycles, and a collection would look like a slow server.
    gc.disable()
    buyers = Buyers(pipe)
    answer_requests(pipe, buyers.handlers(), buyers.idle)
    buyers.leave()
