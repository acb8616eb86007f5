"""The signals that wake the tasks of a session on a node."""

from dataclasses import dataclass, field

import anyio

from liveshop.engine.signal import Signal


@dataclass(frozen=True, slots=True)
class Wakeups:
    """The signals of a session's tasks; any part may set them, and one task waits for each."""

    rebuild: Signal = field(default_factory=Signal)
    """Redis' units or counters have to be checked."""

    behind: Signal = field(default_factory=Signal)
    """The log has gone on without this node."""

    missed: Signal = field(default_factory=Signal)
    """The bus may have lost messages to buyers."""

    rows: Signal = field(default_factory=Signal)
    """Rows have changed, and a sale may be over."""

    pulse: Signal = field(default_factory=Signal)
    """The gauges that the pulse shows have changed, and cannot wait for their turn."""

    ready: anyio.Event = field(default_factory=anyio.Event)
    """Buying has been open; never cleared."""
