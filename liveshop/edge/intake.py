"""How much of what viewers send is read in one turn of the event loop, and of whom first.

An event loop takes what every readable socket has, which may be thousands of packets, before any
task goes on. A turn then lasts as long as it takes to read and refuse all of that, and a purchase
under way needs some six turns. Without a bound the node refuses at full speed and sells nothing:
its calls of Redis run into their time-outs while their replies wait to be read.

So the sockets of viewers who may buy, or who have said more than `hello`, are watched by an epoll
of the intake's own; those who only look on cost it nothing. It costs little to hear that one is
readable, and nothing is taken out of the kernel before its turn to be read. While a crowd waits,
reading has a part of the loop's time, and purchases under way the rest. For how long a packet has
waited since it came is known, which admission counts. If the oldest waits for long, more comes than
can be read at all: then the newest is read in turn with the oldest, because first come, first
served would read each of them too late.
"""

import logging
import os
import select
import sys
from collections import OrderedDict
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, Protocol, TypeAlias

from liveshop.core import limits
from liveshop.engine.purchase.lateness import Lateness

_logger: Final = logging.getLogger(__name__)
_SLICE_NS: Final = limits.INTAKE_SLICE_MS * 1_000_000
_SLICE_NS_MAX: Final = limits.INTAKE_SLICE_MS_MAX * 1_000_000
_STALE_NS: Final = limits.INTAKE_STALE_MS * 1_000_000
_PERCENT: Final = limits.INTAKE_TIME_PERCENT
_HEARD_AT_ONCE: Final = 1_024

# Elsewhere than on Linux transports read, all that is there and at once.
_HAS_EPOLL: Final = sys.platform == "linux"
if _HAS_EPOLL:
    # Edge-triggered: each packet is heard of once, and what is not read costs nothing further.
    _PACKETS: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
    _NOTHING: Final = select.EPOLLET
    _HUNG_UP: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR


class Loop(Protocol):
    """The event loop, as far as the intake needs it."""

    def add_reader(self, fd: int, callback: Callable[[], None], /) -> object:
        """Call back in each turn in which a descriptor is readable."""

    def remove_reader(self, fd: int, /) -> object:
        """Call back no longer."""

    def call_soon(self, callback: Callable[[], None], /) -> object:
        """Call back in the next turn."""


class Reader(Protocol):
    """A connection that the intake reads from."""

    def read(self, data: bytes, spread_ns: int = 0, /) -> None:
        """Read what came, the last of it so much later than the first."""

    def leave(self) -> None:
        """Let the transport read on, which ends what the far end has ended."""

    def abort(self) -> None:
        """Cut the connection."""


# When a connection was first and last heard of since it was read, and its events. A plain tuple:
# one is made for each packet.
_Unread: TypeAlias = tuple[int, int, int]


class Intake:
    """Watches connections by their descriptors, and reads from each in its turn."""

    def __init__(self, lateness: Lateness, now_ns: Callable[[], int] = perf_counter_ns) -> None:
        self._lateness = lateness
        self._now_ns = now_ns
        self._loop: Loop | None = None
        self._epoll: select.epoll | None = None
        # By descriptor, which are low numbers: a place in a list takes a twelfth of one in a dict.
        self._readers: list[Reader | None] = []
        self._unread: OrderedDict[int, _Unread] = OrderedDict()
        self._held: set[int] = set()
        self._late = False
        self._turn_is_called = False
        self._ended_ns = 0  # when the newest slice was over, while others wait

    def __contains__(self, descriptor: int) -> bool:
        """Whether a connection has sent what is not read yet."""
        return descriptor in self._unread

    def open(self, loop: Loop) -> None:
        """Watch those who come from now on, in this loop."""
        if not _HAS_EPOLL:
            return
        self._loop, self._epoll = loop, select.epoll()
        loop.add_reader(self._epoll.fileno(), self.hear)

    def close(self) -> None:
        """Leave all connections to their transports; idempotent."""
        if self._loop is None or self._epoll is None:
            return
        self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()
        self._loop = self._epoll = None
        readers, self._readers = self._readers, []
        self._unread.clear()
        self._held.clear()
        for reader in readers:
            if reader is not None:
                reader.leave()

    def watch(self, reader: Reader, descriptor: int) -> bool:
        """Read for a connection from now on; False where its transport has to."""
        if self._epoll is None:
            return False
        self._readers += [None] * (descriptor + 1 - len(self._readers))
        self._readers[descriptor] = reader
        self._epoll.register(descriptor, _PACKETS)
        return True

    def hold(self, descriptor: int) -> None:
        """Leave what a connection sends in the kernel."""
        self._unread.pop(descriptor, None)
        if self._epoll is not None and self._reader(descriptor) is not None:
            self._held.add(descriptor)
            self._epoll.modify(descriptor, _NOTHING)

    def go_on(self, descriptor: int) -> None:
        """Listen again: what has come meanwhile is heard of."""
        if self._epoll is not None and self._reader(descriptor) is not None:
            self._held.discard(descriptor)
            self._epoll.modify(descriptor, _PACKETS)

    def forget(self, descriptor: int) -> None:
        """Listen no longer, before the descriptor is closed; idempotent."""
        self._unread.pop(descriptor, None)
        self._held.discard(descriptor)
        if self._epoll is not None and self._reader(descriptor) is not None:
            self._readers[descriptor] = None
            self._epoll.unregister(descriptor)

    def _reader(self, descriptor: int) -> Reader | None:
        return self._readers[descriptor] if descriptor < len(self._readers) else None

    def hear(self) -> None:
        """Note who has sent something, and read if this turn has not read yet."""
        assert self._epoll is not None, "it is open"
        unread, heard = self._unread, _HEARD_AT_ONCE
        while heard == _HEARD_AT_ONCE:
            polled = self._epoll.poll(0, _HEARD_AT_ONCE)
            now_ns, heard = self._now_ns(), len(polled)
            for descriptor, events in polled:
                known = unread.get(descriptor)
                if known is None:
                    unread[descriptor] = (now_ns, now_ns, events)
                else:
                    unread[descriptor] = (known[0], now_ns, known[2] | events)
                    if self._late:
                        unread.move_to_end(descriptor)  # its newest is the newest of all
        if not self._turn_is_called:
            self._read_some(_SLICE_NS)

    def _turn(self) -> None:
        self._turn_is_called = False
        others_ns = self._now_ns() - self._ended_ns
        slice_ns = others_ns * _PERCENT // (100 - _PERCENT)
        self._read_some(min(max(slice_ns, _SLICE_NS), _SLICE_NS_MAX))

    def _read_some(self, slice_ns: int) -> None:
        """Read for as long as a slice, and call the next turn if there is more."""
        unread = self._unread
        began_ns = now_ns = self._now_ns()
        count, newest = 0, True
        # A few in any case: on a busy machine the slice may pass without us.
        while unread and (count < limits.PACKETS_PER_TURN_MIN or now_ns - began_ns < slice_ns):
            self._late = now_ns - next(iter(unread.values()))[0] > _STALE_NS
            # The oldest have their turn too: each packet is answered, if only that it is too late.
            newest = self._late and not newest
            descriptor, packet = unread.popitem(last=newest)
            self._read(descriptor, packet, now_ns)
            count += 1
            now_ns = self._now_ns()
        self._ended_ns = now_ns
        if unread and not self._turn_is_called and self._loop is not None:
            self._turn_is_called = True
            self._loop.call_soon(self._turn)

    def _read(self, descriptor: int, packet: _Unread, now_ns: int) -> None:
        reader = self._reader(descriptor)
        if reader is None:
            return
        first_ns, last_ns, events = packet
        try:
            data = os.read(descriptor, limits.READ_BYTES_MAX)
        except BlockingIOError:
            data = None
        except OSError:
            data = b""
        if data:
            self._lateness.waited_ns = now_ns - first_ns
            try:
                reader.read(data, last_ns - first_ns)
            except Exception:
                # As the event loop does where it calls itself: after a bug of ours nobody knows
                # what the rest would mean.
                _logger.exception("a packet of a viewer could not be read")
                reader.abort()
            finally:
                self._lateness.waited_ns = 0
            if self._reader(descriptor) is not reader:
                return
            if len(data) == limits.READ_BYTES_MAX:
                # There may be more, of which nobody will be told, unless `go_on` asks again.
                if descriptor not in self._held:
                    self._unread.setdefault(descriptor, (last_ns, last_ns, events))
                return
        if data == b"" or events & _HUNG_UP:
            self.forget(descriptor)
            reader.leave()
