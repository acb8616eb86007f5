"""Orders: from the writer's batches to the reader's pages."""

from collections.abc import Sequence

from liveshop.core.limits import WELCOME_ORDERS_MAX
from liveshop.core.model import Order
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.records import (
    CancelReply,
    CommitReply,
    NewOrder,
    OrderPage,
    Overdue,
    VoidReply,
)


class Orders:
    """The orders in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def commit(
        self, session_id: str, epoch: int, orders: Sequence[NewOrder], *, now_ms: int
    ) -> CommitReply:
        """Confirm a batch of one session's orders in one transaction; what cannot fit is refused.

        At most ORDERS_PER_COMMIT_MAX, each id once. Idempotent: after OutcomeUnknown send the
        same again. Raises NotFound for an unknown session.
        """
        raise NotImplementedError

    async def pend(
        self, session_id: str, epoch: int, orders: Sequence[NewOrder], *, now_ms: int
    ) -> CommitReply:
        """Store orders that wait for their money, each with `pay_until_ms`; no unit moves yet.

        In all else like `commit`.
        """
        raise NotImplementedError

    async def void(self, session_id: str, overdue: Sequence[Overdue], *, now_ms: int) -> VoidReply:
        """Make sure that overdue orders can never be confirmed, unless they are already.

        Idempotent. EXPIRED means release the units, CONFIRMED settle them.
        """
        raise NotImplementedError

    async def cancel(self, order_id: str) -> CancelReply:
        """Take a confirmed order back, its units and what it counted for limits included.

        The money becomes due for refund. NotFound for an unknown order, Conflict for one that is
        not confirmed (any more).
        """
        raise NotImplementedError

    async def get(self, order_id: str) -> Order:
        """Return an order, or raise NotFound."""
        raise NotImplementedError

    async def page(
        self, session_id: str, *, after: int, limit: int, buyer: str | None = None
    ) -> OrderPage:
        """Return orders in the order of their last change, from the one after `after`."""
        raise NotImplementedError

    async def of_buyer(
        self, session_id: str, buyer: str, limit: int = WELCOME_ORDERS_MAX
    ) -> list[Order]:
        """Return a buyer's newest orders, the newest first."""
        raise NotImplementedError
