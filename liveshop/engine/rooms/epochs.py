"""Which epoch of a session's units is the newest, and whether one may buy at it."""

from collections import deque
from enum import Enum, auto

from liveshop.core import limits
from liveshop.core.errors import Unavailable
from liveshop.engine.node import Node
from liveshop.engine.rooms.wakeups import Wakeups
from liveshop.engine.session_log import SessionLog
from liveshop.stores.postgres.session_records import Head
from liveshop.stores.redis.unit_records import UnitsStatus

# They reach back to before a node fell silent that is only now known to be gone.
_HEADS_KEPT = limits.NODE_SILENCE_MS_MAX // limits.PULSE_MS + 4


class Buying(Enum):
    """Whether purchases can be carried out on this node: one of three states.

        FENCED ───open───▶ OPEN ───orders_refused───▶ ORDERS_WAIT
           ▲                │ ▲                          │ │
           └─────fence──────┘ └──────orders_stored───────┘ │
           └─────────────────────fence─────────────────────┘

    A session begins FENCED: nobody knows yet whether the units in Redis are those of the newest
    epoch. In ORDERS_WAIT the units are good, but PostgreSQL refuses to store orders: its disk may
    be full. In any of the three a store may be away, and then nobody can buy either.
    """

    FENCED = auto()
    OPEN = auto()
    ORDERS_WAIT = auto()


class Epochs:
    """The newest known `stock_epoch` of a session, and how far Postgres was when last heard of.

    `trusted_from` is the lowest epoch that is still believed. It is raised, and Redis is loaded
    again, if Postgres turns out to be an older copy or Redis has missed too much.

    `uncounted` is set while counters in Redis may have missed a change. `redis_head` is how far
    Postgres was by the copies in Redis, as of the newest pulse. `head_seqs` are the `seq` of
    Postgres' totals in its last few answers, the newest last.
    """

    def __init__(self, node: Node, log: SessionLog, wake: Wakeups, epoch: int) -> None:
        self._node = node
        self._log = log
        self._wake = wake
        self._newest = epoch
        self._buying = Buying.FENCED
        self.trusted_from = 0
        self.uncounted = False
        self.redis_head: Head | None = None
        self.head_seqs: deque[int] = deque(maxlen=_HEADS_KEPT)

    @property
    def newest(self) -> int:
        """The newest `stock_epoch` that is known."""
        return self._newest

    @newest.setter
    def newest(self, epoch: int) -> None:
        if self._newest and epoch != self._newest:  # the first makes a new session's units
            self._node.metrics.epochs.inc()
        self._newest = epoch

    @property
    def good(self) -> bool:
        """Whether Redis' units are known to be those of the newest epoch."""
        return self._buying is not Buying.FENCED

    @property
    def buying(self) -> bool:
        """Whether both stores are there, take orders, and the units are good."""
        return self._buying is Buying.OPEN and self._node.stores_up

    def require_buying(self) -> None:
        """Raise Unavailable unless purchases can be carried out now."""
        if not self.buying:
            raise Unavailable()

    def open(self) -> None:
        """Note that Redis' units are good for the newest epoch."""
        if self._buying is Buying.FENCED:
            self._become(Buying.OPEN)

    def fence(self) -> None:
        """Stop buying here until the units in Redis have been rebuilt, or found to be good."""
        self._become(Buying.FENCED)
        self._wake.rebuild.set()

    def orders_refused(self) -> None:
        """Note that Postgres, there or not, refuses to store orders."""
        if self._buying is Buying.OPEN:
            self._become(Buying.ORDERS_WAIT)

    def orders_stored(self) -> None:
        """Note that no order waits for Postgres any longer."""
        if self._buying is Buying.ORDERS_WAIT:
            self._become(Buying.OPEN)

    def _become(self, buying: Buying) -> None:
        if buying is not self._buying:
            self._buying = buying
            self._wake.pulse.set()

    def ok_or_fence(self, status: UnitsStatus) -> bool:
        """Return True if Redis carried out a call; otherwise stop buying until it is checked."""
        if status is UnitsStatus.OK:
            return True
        self.fence()
        return False

    def recount(self) -> None:
        """Have all counters copied again: a node that is gone may not have got to it."""
        self.uncounted = True
        self._wake.rebuild.set()

    def reload(self) -> None:
        """Have Redis loaded again from Postgres, good or not: it has missed too much."""
        self.trusted_from = max(self.trusted_from, self.newest + 1)
        self.fence()

    def known_head(self, offset: int, *, settled: bool) -> Head:
        """Return how far Postgres was, by all that it has said here or through Redis.

        `offset` is that of the log on this node.
        """
        epoch, seq = self.newest, self.head_seqs[-1]
        copied = self.redis_head
        if copied is not None and copied.epoch >= epoch:
            offset, epoch = max(offset, copied.offset), copied.epoch
            seq = max(seq, copied.seq)
        return Head(offset=offset, epoch=epoch, settled=settled, seq=seq)

    def distrust(self, known: Head) -> None:
        """Have Redis loaded again: Postgres is an older copy than was known, and is the truth."""
        if known.epoch >= self.trusted_from:
            self.trusted_from = known.epoch + 1
            self._node.metrics.postgres_rollbacks.inc()
            self._log.warning(
                "PostgreSQL is an older copy: it lacks event %d, change %d of orders or epoch %d; "
                "`liveshop audit` lists the orders known only to Redis",
                known.offset,
                known.seq,
                known.epoch,
            )
        self.fence()

    def forget_heads(self, seq: int) -> None:
        """Start again from what Postgres says now; `seq` is that of its totals."""
        self.redis_head = None
        self.head_seqs.clear()
        self.head_seqs.append(seq)
