"""The measurement of the bus ends where Valkey does not do what it is asked."""

import socket

import pytest

from loadtests.bus import drain, subscribe
from loadtests.kit.worker import WorkerFailed

_HEARS = b"+OK\r\n*3\r\n$9\r\nsubscribe\r\n$5\r\nbench\r\n:1\r\n"


def test_who_is_subscribed_hears_without_blocking() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(_HEARS)
        subscribe(ours, "secret")
        theirs.sendall(b"a message")
        drain([ours])
        with pytest.raises(BlockingIOError):
            ours.recv(1)


@pytest.mark.parametrize(
    "answer",
    [b"-WRONGPASS invalid\r\n", b"+OK\r\n-NOPERM no permission to run 'subscribe'\r\n"],
)
def test_a_refusal_is_raised(answer: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        with pytest.raises(WorkerFailed, match="Valkey refuses"):
            subscribe(ours, "secret")


def test_a_connection_that_ends_is_raised() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(_HEARS)
        subscribe(ours, "secret")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(WorkerFailed, match="hung up"):
            drain([ours])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(WorkerFailed, match="hung up"):
            subscribe(ours, "secret")
