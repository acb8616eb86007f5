"""Payments: money that the merchant's backend reports, and what becomes of it."""

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.records import Payment, PaymentPage, PaymentReply, PaymentStatus


class Payments:
    """The payments in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def confirm(
        self, order_id: str, payment_id: str, amount: int, *, now_ms: int
    ) -> PaymentReply:
        """Record a payment, then confirm its order, or record that the money is to go back.

        Idempotent by `payment_id`: the same answer again, and what a crash left half done is
        finished. Raises NotFound for an unknown order and Conflict where the payment's id came
        with another order or amount; both store nothing.
        """
        raise NotImplementedError

    async def unresolved(self, limit: int) -> list[Payment]:
        """Return payments that are RECEIVED only: `confirm` them again."""
        raise NotImplementedError

    async def page(self, status: PaymentStatus, *, after: str | None, limit: int) -> PaymentPage:
        """Return payments in a status, by id, from the one after `after`."""
        raise NotImplementedError

    async def refunded(self, payment_id: str) -> PaymentReply:
        """Record that a refund that was due has been made; a cancelled order is refunded then.

        NotFound for an unknown payment, Conflict for one that is not due (any more).
        """
        raise NotImplementedError
