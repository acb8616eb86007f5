"""How late this node hears of what it is asked: the time that passed before a frame was read."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lateness:
    """Set by the edge, read by whatever promises an answer in time.

    `loop_ns` is how late the event loop was at its newest tick. A packet read at the end of a long
    turn may have waited in the kernel all through it. `waited_ns` is for how long the packet that
    is being read now has waited since it came out of the kernel.
    """

    loop_ns: int = 0
    waited_ns: int = 0
