"""How a frame reaches everyone in a room without keeping anyone else waiting.

A write is a system call, so ten thousand of them take a good part of a tenth of a second. Done
in one go, every purchase on this node would wait for that. So they are done in slices, and
between two slices the loop goes round four times: the way of a purchase through the loop has
several hops (bytes in, Redis out, its answer, the next task), and each of them would wait for a
slice of its own if there were a single round.
"""

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Final

from anyio.lowlevel import checkpoint

from liveshop.core import limits
from liveshop.core.frames import SharedFrame
from liveshop.engine.fanout.viewer import Viewer

_SLICE_S: Final = limits.SLICE_MS / 1000
_ROUNDS: Final = 4
_VIEWERS_PER_LOOK: Final = 16  # at the clock


class Delivery:
    """Writes one frame after the other to a room's viewers; the first of them changes each time.

    Frames reach a viewer in the order in which they were delivered: `deliver` is awaited before
    the next. A private frame that is written meanwhile comes before or after a shared frame as a
    whole, since each write is a frame; and it says nothing that depends on which.
    """

    def __init__(self) -> None:
        self._first = 0

    async def deliver(self, frame: SharedFrame, viewers: Sequence[Viewer]) -> None:
        """Write a frame to viewers, which are a copy: some may leave meanwhile."""
        if not viewers:
            return
        first = self._first % len(viewers)
        plain, deflated = frame.plain, frame.deflated
        slice_ends = perf_counter() + _SLICE_S
        written, first_slice = 0, True
        for together in _by_look(viewers, first):
            if perf_counter() >= slice_ends:
                if first_slice:
                    self._first, first_slice = first + written, False
                for _ in range(_ROUNDS):
                    await checkpoint()
                slice_ends = perf_counter() + _SLICE_S
            for viewer in together:
                viewer.write(deflated if viewer.deflates else plain)
            written += len(together)


def _by_look(viewers: Sequence[Viewer], first: int) -> Iterator[Sequence[Viewer]]:
    """Divide viewers into the few between two looks at the clock, from `first` on and round.

    To copy them fetches them into the processor's cache together, and not one after the other.
    """
    for start in range(first, len(viewers), _VIEWERS_PER_LOOK):
        yield viewers[start : start + _VIEWERS_PER_LOOK]
    for start in range(0, first, _VIEWERS_PER_LOOK):
        yield viewers[start : min(start + _VIEWERS_PER_LOOK, first)]
