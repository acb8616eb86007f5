"""How much of what viewers send is read in one turn of the event loop.

uvloop hands over the packets of every socket that is readable, thousands perhaps, before any
task goes on. A turn then lasts as long as it takes to read and refuse all of them, and a purchase
under way needs some six turns. Without a bound the node refuses at full speed and sells nothing:
its calls of Redis run into their time-outs while their replies wait to be read.

So a turn reads so many packets at once, and what comes beyond that waits here for a slice of time
in each of the next turns. While it waits it is known for how long, which admission counts. If it
waits for long, more comes than can be read at all: then the newest packet is read first, because
first come, first served would read each of them too late.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Final, Protocol

from liveshop.core import limits
from liveshop.engine.purchase.lateness import Lateness

_logger: Final = logging.getLogger(__name__)
_CALL_AT: Final = limits.PACKETS_PER_TURN_MAX // 2
_SLICE_NS: Final = limits.INTAKE_SLICE_MS * 1_000_000
_STALE_NS: Final = limits.INTAKE_STALE_MS * 1_000_000


class Reader(Protocol):
    """A connection whose packets may wait."""

    def read(self, data: bytes) -> None:
        """Read what came."""

    def hold(self) -> None:
        """Leave what comes next in the kernel."""

    def go_on(self) -> None:
        """Listen again."""

    def abort(self) -> None:
        """Cut the connection."""


@dataclass(slots=True)
class _Waiting:
    """The unread packets of one connection, each with its instant, and their size."""

    packets: list[tuple[bytes, int]]
    size: int = 0
    held: bool = False


class Intake:
    """Lets packets through, or keeps them for a later turn; of one connection in their order."""

    def __init__(self, lateness: Lateness, now_ns: Callable[[], int] = perf_counter_ns) -> None:
        self._lateness = lateness
        self._now_ns = now_ns
        # The event loop's; without one there are no turns, and everything is read at once.
        self.call_soon: Callable[[Callable[[], None]], object] | None = None
        self._left = limits.PACKETS_PER_TURN_MAX
        self._turn_is_called = False
        self._late = False
        self._waiting: OrderedDict[Reader, _Waiting] = OrderedDict()
        self._size = 0  # of all that waits

    def __contains__(self, reader: Reader) -> bool:
        return reader in self._waiting

    def holds(self, reader: Reader) -> bool:
        """Whether a connection is not listened to until what it has sent is read."""
        waiting = self._waiting.get(reader)
        return waiting is not None and waiting.held

    def admits(self, reader: Reader, data: bytes) -> bool:
        """Return True if a packet is to be read now; else it is read later, by `Reader.read`."""
        if self.call_soon is None:
            return True
        if self._left and not self._waiting:
            self._left -= 1
            if self._left == _CALL_AT:
                # Not for each packet: a call of its own would cost the loop a turn of its own.
                self._call_turn()
            return True
        if self._size + len(data) > limits.INTAKE_ALL_BYTES_MAX and reader not in self._waiting:
            # A packet is up to 256 KB. If one of each connection were kept, a crowd that floods
            # would fill the memory; a packet that is read at once costs only time.
            return True
        self._call_turn()
        self._keep(reader, data)
        return False

    def forget(self, reader: Reader) -> None:
        """Drop what a connection that is closed has sent; idempotent."""
        waiting = self._waiting.pop(reader, None)
        if waiting is not None:
            self._size -= waiting.size

    def _keep(self, reader: Reader, data: bytes) -> None:
        waiting = self._waiting.get(reader)
        if waiting is None:
            waiting = self._waiting[reader] = _Waiting([])
        elif self._late:
            self._waiting.move_to_end(reader)  # its newest packet is the newest of all
        waiting.packets.append((data, self._now_ns()))
        waiting.size += len(data)
        self._size += len(data)
        if waiting.size > limits.INTAKE_BYTES_MAX and not waiting.held:
            # One that floods is not listened to meanwhile, or it would fill the memory.
            waiting.held = True
            reader.hold()

    def _call_turn(self) -> None:
        if not self._turn_is_called and self.call_soon is not None:
            self._turn_is_called = True
            self.call_soon(self._turn)

    def _turn(self) -> None:
        """Begin a turn: read what waits, oldest first or newest first, for as long as a slice."""
        self._left = limits.PACKETS_PER_TURN_MAX
        self._turn_is_called = False
        if not self._waiting:
            return
        self._call_turn()
        began_ns = now_ns = self._now_ns()
        count, newest = 0, True
        # At least as many as at once: on a busy machine the slice may pass without us.
        while self._waiting and (
            count < limits.PACKETS_PER_TURN_MAX or now_ns - began_ns < _SLICE_NS
        ):
            oldest = next(iter(self._waiting.values()))
            self._late = now_ns - oldest.packets[0][1] > _STALE_NS
            # The oldest have their turn too: each packet is answered, if only that it is too late.
            newest = self._late and not newest
            reader, waiting = self._waiting.popitem(last=newest)
            count += len(waiting.packets)
            self._size -= waiting.size
            self._read(reader, waiting, now_ns)
            now_ns = self._now_ns()

    def _read(self, reader: Reader, waiting: _Waiting, now_ns: int) -> None:
        try:
            for data, since_ns in waiting.packets:
                self._lateness.waited_ns = now_ns - since_ns
                reader.read(data)
        except Exception:
            # As the event loop does where it calls itself: after a bug of ours nobody knows what
            # the rest would mean.
            _logger.exception("a packet of a viewer could not be read")
            reader.abort()
        finally:
            self._lateness.waited_ns = 0
        if waiting.held:
            reader.go_on()
