"""The possible findings: each check, the promise that it guards, and what to do about a finding."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from liveshop.core.audit import Check

# Of each kind so many are told, and so many kept until it is known which of them stay.
FINDINGS_PER_CHECK_MAX: Final = 20
FINDINGS_KEPT_MAX: Final = 10_000

_COUNTED: Final = "`liveshop audit --repair` counts it again"
_REBUILT: Final = "`liveshop audit --repair` has Redis rebuilt from Postgres"
_LEDGER: Final = (
    "`liveshop audit --repair` sets it to what the ledger says, if only one side disagrees with it"
)
_MONEY: Final = "nothing here changes orders or money: "


CHECKS: Final = {
    "sold_within_units": Check("P1", _MONEY + "cancel orders until it fits"),
    "sold_is_ordered": Check("P1", _COUNTED, mends=True),
    "charge_has_its_row": Check("P1", _MONEY + "cancel the order, or let the buyer have it"),
    "quota_is_ordered": Check("P1", _COUNTED, mends=True),
    "quota_within_limit": Check("P1", _COUNTED + ", if orders keep the limit", mends=True),
    "orders_within_limit": Check("P1", _MONEY + "cancel an order, or let the buyer have it"),
    "catalogue_adds_up": Check("P1", _LEDGER, mends=True),
    "allocation_adds_up": Check("P1", _LEDGER, mends=True),
    "stock_added_is_moved": Check(
        "P1", "nothing here changes the log: the ledger counts, or restore Postgres from a backup"
    ),
    "settled_keeps_nothing": Check(
        "P1", "`liveshop audit --repair` has it settled again, if nothing was returned", mends=True
    ),
    "totals_add_up": Check("P2", _COUNTED, mends=True),
    "order_adds_up": Check("P2", _MONEY + "compare the order with what its buyer was told"),
    "final_is_explained": Check("P2", _MONEY + "compare the order with what its buyer was told"),
    "orders_are_numbered": Check(
        "P2", "`liveshop audit --repair` counts on from the highest number", mends=True
    ),
    "log_has_no_gap": Check(
        "P2",
        "`liveshop audit --repair` sets the head, if the log is whole; else restore it",
        mends=True,
    ),
    "event_knows_its_offset": Check(
        "P2", "`liveshop audit --repair` sets the offset that the event has in the log", mends=True
    ),
    "status_is_logged": Check("P2", "`liveshop audit --repair` sets what the log says", mends=True),
    "money_has_an_end": Check(
        "P3", _MONEY + "a node that runs confirms it; else report the payment again"
    ),
    "applied_money_has_its_order": Check("P3", _MONEY + "refund it, or correct the order by hand"),
    "payment_is_its_shops": Check("P3", _MONEY + "look up both where they were made, refund one"),
    "order_has_its_money": Check("P3", _MONEY + "report its payment, or cancel it"),
    "cancelled_money_is_due": Check(
        "P3", _MONEY + "look up the payment where it was made, and refund it there"
    ),
    "order_is_in_its_currency": Check("P3", _MONEY + "correct the order by hand"),
    "pending_ends": Check("P4", _MONEY + "a node that runs makes it void: start one"),
    "epoch_is_known": Check("P1", _REBUILT, mends=True),
    "plan_is_logged": Check("P1", _REBUILT, mends=True),
    "row_is_copied": Check("P1", _REBUILT, mends=True),
    "count_is_copied": Check("P1", _REBUILT, mends=True),
    "totals_are_copied": Check("P1", _REBUILT, mends=True),
    "row_holds_what_is_reserved": Check("P4", _REBUILT, mends=True),
    "buyer_holds_what_is_reserved": Check("P4", _REBUILT, mends=True),
    "time_is_near": Check(
        "P4",
        "`liveshop audit --repair` sets it back, as far as Postgres has recorded no later instant; "
        "else wait for the clock to come up to it",
        mends=True,
    ),
    "reservation_ends": Check("P4", _REBUILT + "; a node that runs ends it", mends=True),
    "sold_is_confirmed": Check(
        "P2", _MONEY + "its buyer may have been told so: restore Postgres from a backup"
    ),
    "answer_is_final": Check("P5", _MONEY + "tell the buyer which answer holds"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A broken promise: which check failed, in which session if it is one's, and what is wrong.

    `about` is the check where a feature brings it.
    """

    check: str
    session: str | None
    what: str
    about: Check | None = None

    @property
    def promise(self) -> str:
        """`P1` to `P5`, or that of a feature."""
        return self._about.promise

    @property
    def _about(self) -> Check:
        return self.about or CHECKS[self.check]

    @property
    def where(self) -> str:
        """In which session, in the catalogue, or in sessions that are not told one by one."""
        if self.session is not None:
            return f"session {self.session}"
        return "the catalogue" if self.check == "catalogue_adds_up" else "other sessions"

    @property
    def todo(self) -> str:
        """The advice on what to do about it."""
        return self._about.todo

    @property
    def mends(self) -> bool:
        """Whether a repair may put it right."""
        return self._about.mends


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by promise, then by where they are."""
    order = {check: number for number, check in enumerate(CHECKS)}

    def place(finding: Finding) -> tuple[str, str, int, str]:
        number = order.get(finding.check, len(order))
        return finding.promise, finding.session or "", number, finding.check

    return sorted(findings, key=place)
