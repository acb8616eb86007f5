"""The states in which an HTTP connection waits, and the deadline of each."""

from enum import Enum
from typing import Final

from liveshop.core import limits


class Awaited(Enum):
    """The six states of an HTTP connection, by what it waits for; only the last has no deadline.

        HEAD ───→ ANSWER ⇄ READER
         ↑          │        │
         └── IDLE ←─┴────────┘
        any ──→ END ──→ GONE ←── HEAD, ANSWER (an upgrade)

    HEAD: a head that has begun, or the first. It must be whole `HEAD_MS_MAX` after it began, the
    first one after the connection did, and in the reserve `RESERVE_HEAD_MS_MAX` after that. If it
    has begun, the client is told to try again; else there is nobody to tell.
    ANSWER: the application, which has limits of its own for bodies and stores, `REQUEST_MS_MAX`
    at most. Requests that came behind wait for their turn.
    READER: the client, which must take `READ_BYTES_MIN` of the answer each `UNREAD_MS_MAX`.
    IDLE: another request, for `LIVESHOP_KEEP_ALIVE_MS`. Bytes that begin none, such as line ends,
    move nothing.
    END: the client, which is given `CLOSE_MS_MAX` to read what was said last and to hang up, and
    as much again for each `READ_BYTES_MIN` that it takes, until `REQUEST_MS_MAX` are over.
    GONE: nothing; the connection is lost, or a viewer's.
    """

    HEAD = "head"
    ANSWER = "answer"
    READER = "reader"
    IDLE = "idle"
    END = "end"
    GONE = "gone"


class Deadline:
    """Works out the deadline of each state of a connection, as the state begins."""

    __slots__ = ("_answered_by_ms", "_keep_alive_ms", "_unread_bytes")

    def __init__(self, keep_alive_ms: int, now_ms: int) -> None:
        self._keep_alive_ms: Final = keep_alive_ms
        # For what is refused before there is a request, too.
        self._answered_by_ms = now_ms + limits.REQUEST_MS_MAX
        self._unread_bytes = 0  # at the last look at the client

    def begin_answer(self, now_ms: int) -> None:
        """Give the answer to a request its time, with all that the client takes to read it."""
        self._answered_by_ms = now_ms + limits.REQUEST_MS_MAX

    def begin(self, awaited: Awaited, now_ms: int, unread_bytes: int) -> int:
        """Begin with a state, and return its deadline; `unread_bytes` wait for the client."""
        self._unread_bytes = unread_bytes
        match awaited:
            case Awaited.HEAD:
                return now_ms + limits.HEAD_MS_MAX
            case Awaited.ANSWER:
                return self._answered_by_ms
            case Awaited.READER:
                return min(now_ms + limits.UNREAD_MS_MAX, self._answered_by_ms)
            case Awaited.IDLE:
                return now_ms + self._keep_alive_ms
            case Awaited.END:
                return now_ms + limits.CLOSE_MS_MAX
            case Awaited.GONE:
                raise AssertionError("nothing is awaited of a connection that is gone")

    def client_reads(self, now_ms: int, unread_bytes: int) -> bool:
        """Whether the client has read enough since the state began to be given more time."""
        read_bytes = self._unread_bytes - unread_bytes
        return read_bytes >= limits.READ_BYTES_MIN and now_ms < self._answered_by_ms
