"""Those who send one message to all: liveshop, the floor, and others."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import click

from liveshop.cli.subprocesses import free_port, last_lines
from loadtests.fanout import floor
from loadtests.fanout.bench import Bench, Listeners
from loadtests.kit import system
from loadtests.kit.frames import Target, server_frame
from loadtests.kit.shop import Node, Room, wait_until
from loadtests.kit.system import allow_every_file
from loadtests.kit.worker import Worker, WorkerFailed

_PAD = '[{{"type":"bench","offset":{offset},"pad":"{pad}"}}]'


@dataclass(frozen=True)
class Sent:
    """One message: its offset, what it cost, and when it was sent and answered."""

    offset: int
    cpu_ns: int
    sent_ns: int
    answered_ns: int
    reached: int


class Sender(Protocol):
    """Someone with viewers."""

    @property
    def listeners(self) -> Listeners:
        """The load process of the viewers."""

    def send(self, offset: int, count: int) -> Sent:
        """Send one message to `count` viewers and wait until they have it."""


class Live:
    """liveshop: a host's command over HTTP, whose event goes to all."""

    def __init__(self, node: Node, room: Room, listeners: Listeners) -> None:
        self.listeners = listeners
        self._node = node
        self._room = room

    def send(self, offset: int, count: int) -> Sent:
        """Send an event; its offset is the log's."""
        cpu_ns, sent_ns = self._node.cpu_ns(), time.monotonic_ns()
        offset = self._node.publish(self._room)
        answered_ns = time.monotonic_ns()
        reached = self.listeners.wait([offset], count)
        return Sent(offset, self._node.cpu_ns() - cpu_ns, sent_ns, answered_ns, reached)


class Bare:
    """The floor: a loop of `send` over duplicates of liveshop's connections."""

    def __init__(self, worker: Worker, request: str, size: int, listeners: Listeners) -> None:
        self.listeners = listeners
        self._worker = worker
        self._request = request
        self._size = size

    def send(self, offset: int, count: int) -> Sent:
        """Send a frame of the same size as liveshop's."""
        sent_ns = time.monotonic_ns()
        cpu_ns = self._worker.ask(self._request, server_frame(message(offset, self._size)))
        answered_ns = time.monotonic_ns()
        return Sent(offset, cpu_ns, sent_ns, answered_ns, self.listeners.wait([offset], count))


class Rival:
    """A server of another kind, with viewers of its own."""

    def __init__(self, process: subprocess.Popen[bytes], size: int, listeners: Listeners) -> None:
        self.listeners = listeners
        self._process = process
        self._size = size

    def send(self, offset: int, count: int) -> Sent:
        """Send a text of the same size as liveshop's."""
        before, sent_ns = self.cpu_ns(), time.monotonic_ns()
        assert self._process.stdin is not None, "it was opened as a pipe"
        self._process.stdin.write(message(offset, self._size) + b"\n")
        self._process.stdin.flush()
        reached = self.listeners.wait([offset], count)
        return Sent(offset, self.cpu_ns() - before, sent_ns, sent_ns, reached)

    def cpu_ns(self) -> int:
        """Return the process's CPU time so far."""
        return system.cpu_ns(self._process.pid)


@contextmanager
def rival(
    bench: Bench, name: str, snapshot: str
) -> Iterator[tuple[subprocess.Popen[bytes], Target]]:
    """Run a server of `loadtests.fanout.rivals`, on the core that liveshop is on."""
    target = Target(free_port(), "/")
    text, log = bench.shop.folder / f"{name}.json", bench.shop.folder / f"{name}.log"
    text.write_text(snapshot)
    module = [sys.executable, "-m", "loadtests.fanout.rivals", name, str(target.port), str(text)]
    with (
        log.open("ab") as output,
        # It ends with its input, whatever becomes of us.
        subprocess.Popen(
            module,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            preexec_fn=allow_every_file,
        ) as process,
    ):
        try:
            os.sched_setaffinity(process.pid, {system.cores()[0]})
            wait_until(lambda: _listens(target.port), lambda: f"{name} starts: {last_lines(log)}")
            yield process, target
        finally:
            process.kill()


@contextmanager
def duplicates(node: Node, viewers: int) -> Iterator[Worker | None]:
    """Hold duplicates of a node's connections, on the core that the node is on.

    None is given where the system does not allow them.
    """
    with Worker(floor.serve, system.cores()[0]) as worker:
        try:
            held = worker.ask("duplicate", node.process.pid, node.port)
        except WorkerFailed as refusal:
            click.echo(f"there is no floor to compare with: {refusal}", err=True)
            yield None
            return
        if held != viewers:
            raise WorkerFailed(f"the floor holds {held} of {viewers} connections")
        yield worker


def message(offset: int, size: int) -> bytes:
    """Return a message for all, `size` bytes long."""
    missing = size - len(_PAD.format(offset=offset, pad=""))
    return _PAD.format(offset=offset, pad="x" * max(0, missing)).encode()


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
