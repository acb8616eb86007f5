"""The checker sees what must not be: each contradiction is made up here, one at a time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.__main__ import never_reached
from tests.crash.checker import check
from tests.crash.faults import Faults, StandStill
from tests.crash.history import Addition, Attempt, Checkout, History, Payment
from tests.crash.hosting import Offer
from tests.crash.ledger import Ledger, Line, Row, Stored
from tests.crash.run import Report
from tests.crash.schedules import schedule_of
from tests.crash.world import CrashWorld

_OFFER = Offer("shirt", {"S": 5}, limit=2, sale_units=2, sale_limit=1, hold_ms=1_000)


def _history() -> History:
    """Ada bought one, has a cart that expired, and an order of one."""
    history = History()
    history.attempts = {
        "r1": Attempt("r1", "ada", "buy", "S", 1, sent=1, answered=["reserved"]),
        "r2": Attempt("r2", "ada", "reserve", "S", 1, sent=1, answered=["reserved"]),
        "r3": Attempt("r3", "bo", "reserve", "S", 1, sent=1, answered=["reserved"]),
    }
    for attempt in history.attempts.values():
        attempt.reserved = {"price": 5_000, "expires_at_ms": 1_000}
    history.checkouts = {"o3": Checkout("o3", "bo", ["r3"], 1, ["confirmed"], total=5_000)}
    history.attempts["r3"].order_id = "o3"
    history.attempts["r1"].finals = [("confirmed", 500)]
    history.attempts["r2"].finals = [("expired", 1_000)]
    history.attempts["r3"].finals = [("confirmed", 600)]
    return history


def _ledger() -> Ledger:
    return Ledger(
        orders={
            "r1": Stored("r1", "ada", "confirmed", 5_000, (Line("r1", "S", "", 1, 5_000, 5_000),)),
            "o3": Stored("o3", "bo", "confirmed", 5_000, (Line("r3", "S", "", 1, 5_000, 5_000),)),
        },
        rows={"sS": Row(5, 2)},
        copies={"sS": Row(5, 2, 0)},
        settled=False,
        payments={},
    )


def _without(ledger: Ledger, order_id: str) -> Ledger:
    return replace(ledger, orders={i: o for i, o in ledger.orders.items() if i != order_id})


def _with(ledger: Ledger, order: Stored) -> Ledger:
    return replace(ledger, orders=ledger.orders | {order.order_id: order})


def _final(history: History, rid: str, what: str, at_ms: int) -> History:
    history.attempts[rid].finals.append((what, at_ms))
    return history


def test_a_history_that_agrees_with_the_stores_has_no_finding() -> None:
    assert check(_history(), _ledger(), _OFFER, lossy=False) == []


def test_a_void_order_may_keep_some_of_its_lines_and_a_confirmed_one_all() -> None:
    history = _history()
    history.attempts["r4"] = Attempt("r4", "bo", "reserve", "S", 1)
    history.checkouts["o4"] = Checkout("o4", "bo", ["r3", "r4"], 1, ["expired"])
    order = Stored("o4", "bo", "void", 5_000, (Line("r4", "S", "", 1, 5_000, 5_000),))
    assert check(history, _with(_ledger(), order), _OFFER, lossy=False) == []
    order = replace(order, status="confirmed")
    found = check(history, _with(_ledger(), order), _OFFER, lossy=False)
    assert "nobody asked for" in found[1].what


def test_units_that_the_host_added_are_there_once() -> None:
    history, ledger = _history(), _ledger()
    more = Addition("a1", "S", 3, ["unknown", "unavailable", "ok", "ok"])
    history.additions = [more, Addition("a2", "S", 4, ["sold_out"])]
    for units, found in (
        (8, []),
        (5, ["P1  S has 5 units, the host was told of 8"]),
        (11, ["P1  S has 11 units, the host was told of 8"]),
    ):
        ledger = replace(ledger, rows={"sS": Row(units, 2)}, copies={"sS": Row(units, 2, 0)})
        assert [str(each) for each in check(history, ledger, _OFFER, lossy=False)] == found
    more.answered.append("sold_out")
    assert [each.promise for each in check(history, ledger, _OFFER, lossy=False)] == ["P5", "P1"]


def test_an_order_that_was_confirmed_and_is_gone_is_found() -> None:
    found = check(_history(), _without(_ledger(), "r1"), _OFFER, lossy=False)
    assert [finding.promise for finding in found] == ["P2", "P1"]
    assert found[0].ids == ("r1",)


def _line_final(ledger: Ledger, final: int) -> Ledger:
    order = ledger.orders["r1"]
    return _with(ledger, replace(order, lines=(replace(order.lines[0], final=final),)))


_FOUND: list[tuple[str, str, Callable[[History], History], Callable[[Ledger], Ledger]]] = [
    (
        "P1",
        "ada has 9 of @9000, the limit is 8",
        lambda history: history,
        lambda ledger: _with(
            replace(
                ledger,
                rows=ledger.rows | {"@9000": Row(9, 9)},
                copies=ledger.copies | {"@9000": Row(9, 9)},
            ),
            replace(ledger.orders["r1"], charges=(("@9000", 9),)),
        ),
    ),
    (
        "P2",
        "costs 5000, its lines say 4999",
        lambda history: history,
        lambda ledger: _line_final(ledger, 4_999),
    ),
    (
        "P1",
        "@9000: orders 1, sold 0, units 3",
        lambda history: history,
        lambda ledger: _with(
            replace(
                ledger,
                rows=ledger.rows | {"@9000": Row(3, 0)},
                copies=ledger.copies | {"@9000": Row(3, 0)},
            ),
            replace(ledger.orders["r1"], charges=(("@9000", 1),)),
        ),
    ),
    (
        "P14",
        "order r1 has 0 off, and 1 uses of the coupon",
        lambda history: _with_coupon(history, "@9000"),
        lambda ledger: _with(ledger, replace(ledger.orders["r1"], charges=(("@9000", 1),))),
    ),
    (
        "P14",
        "order r1 has 700 off, and 0 uses of the coupon",
        lambda history: _with_coupon(history, "@7"),
        lambda ledger: _with(ledger, replace(ledger.orders["r1"], total=4_300)),
    ),
    (
        "P1",
        "nobody asked for",
        lambda history: history,
        lambda ledger: _with(ledger, Stored("o9", "cy", "void", 0, ())),
    ),
    (
        "P5",
        "was told ['confirmed', 'refused']",
        lambda history: _final(history, "r1", "refused", 700),
        lambda ledger: ledger,
    ),
    (
        "P5",
        "was told ['expired', 'released']",
        lambda history: _final(history, "r2", "released", 1_100),
        lambda ledger: ledger,
    ),
    (
        "P4",
        "before its deadline",
        lambda history: _final(history, "r2", "expired", 900),
        lambda ledger: ledger,
    ),
    (
        "P4",
        "nothing should be held",
        lambda history: history,
        lambda ledger: replace(ledger, copies={"sS": Row(5, 2, 1)}),
    ),
    (
        "P1",
        "orders 2, sold 1",
        lambda history: history,
        lambda ledger: replace(ledger, rows={"sS": Row(5, 1)}, copies={"sS": Row(5, 1)}),
    ),
    (
        "P2",
        "was cancelled and is confirmed",
        lambda history: _cancelled(history, "o3"),
        lambda ledger: ledger,
    ),
]


def _with_coupon(history: History, row: str) -> History:
    history.coupon = row
    return history


def _cancelled(history: History, order_id: str) -> History:
    history.cancels[order_id] = ["unknown", "ok"]
    return history


@pytest.mark.parametrize(("promise", "says", "told", "stored"), _FOUND, ids=lambda v: str(v)[:24])
def test_a_contradiction_is_found(
    promise: str,
    says: str,
    told: Callable[[History], History],
    stored: Callable[[Ledger], Ledger],
) -> None:
    found = check(told(_history()), stored(_ledger()), _OFFER, lossy=False)
    assert [finding.promise for finding in found if says in finding.what] == [promise]


def test_a_buyer_with_more_than_the_limit_is_found() -> None:
    offer = replace(_OFFER, limit=0)
    found = check(_history(), _ledger(), offer, lossy=False)
    assert [finding.promise for finding in found] == ["P1", "P1"]
    assert "the limit is 0" in found[0].what


def test_a_cart_that_redis_forgot_may_end_in_another_way_but_not_what_was_paid_for() -> None:
    history = _final(_history(), "r2", "refused", 1_100)
    assert check(history, _ledger(), _OFFER, lossy=True) == []
    history = _final(history, "r1", "expired", 1_100)
    assert [f.ids for f in check(history, _ledger(), _OFFER, lossy=True)] == [("r1", "r1")]


@pytest.mark.parametrize(
    ("sent_at_ms", "sent", "answered", "expired_at_ms", "found"),
    [
        (600, 1, [], 800, 0),
        (600, 1, ["checkout"], 800, 0),
        (600, 1, ["expired"], 800, 0),
        (600, 2, ["busy"], 800, 0),
        (600, 1, [], 790, 1),  # before the earliest deadline
        (None, 0, [], 800, 1),  # never sent
        (810, 1, [], 800, 1),  # sent afterwards
        (600, 1, ["busy"], 800, 1),  # nothing came of it
    ],
)
def test_the_rids_of_a_checkout_that_was_sent_end_at_the_earliest_deadline_among_them(
    sent_at_ms: int | None, sent: int, answered: list[str], expired_at_ms: int, found: int
) -> None:
    history = _history()
    for rid, deadline_ms in (("r4", 800), ("r5", 1_000)):
        attempt = Attempt(rid, "cy", "reserve", "S", 1, sent=1, answered=["reserved"])
        attempt.reserved = {"price": 5_000, "expires_at_ms": deadline_ms}
        attempt.order_id, attempt.finals = "o4", [("expired", max(expired_at_ms, deadline_ms))]
        history.attempts[rid] = attempt
    history.attempts["r5"].finals = [("expired", expired_at_ms)]
    history.checkouts["o4"] = Checkout(
        "o4", "cy", ["r4", "r5"], sent, answered, sent_at_ms=sent_at_ms
    )
    early = [f.ids for f in check(history, _ledger(), _OFFER, lossy=False) if f.promise == "P4"]
    assert early == [("r5",)] * found


class _Moments(History):
    """A stampede in which so many commands are sent, and so many answered, moment by moment."""

    def __init__(self, *moments: tuple[int, int]) -> None:
        super().__init__()
        self._moments = iter(moments)

    def wait_for_commands(self, count: int, within_s: float) -> bool:
        sent, answered = next(self._moments)
        self.commands += sent
        self.answers += answered
        return self.commands >= count


@pytest.mark.parametrize(
    ("moments", "stands_still_at"),
    [
        ([(400, 400), (300, 300), (100, 100)], None),
        ([(400, 400), (399, 0)], 799),  # sent again and again, and not answered
        ([(0, 0)], 0),
        ([(1, 1)] * 11, 10),
    ],
)
def test_a_stampede_stands_still_once_nobody_is_answered_and_not_while_it_is_slow(
    tmp_path: Path, moments: list[tuple[int, int]], stands_still_at: int | None
) -> None:
    faults = Faults(CrashWorld(tmp_path), _Moments(*moments), "s1", hold_ms=1_000)
    if stands_still_at is None:
        faults.wait(800)
        return
    with pytest.raises(StandStill, match=f"at command {stands_still_at}$"):
        faults.wait(800)


def test_a_failpoint_that_no_seed_has_reached_is_told() -> None:
    def report(armed: dict[str, int], reached: dict[str, int]) -> Report:
        return Report(schedule_of(15), armed=Counter(armed), reached=Counter(reached))

    reports = [
        report({"after-reserve": 2, "mid-rebuild": 1}, {"after-reserve": 1}),
        report({}, {}),
        report({"after-reserve": 1, "before-settle": 1}, {"before-settle": 1}),
    ]
    assert never_reached(reports) == ["mid-rebuild"]
    assert never_reached(reports[2:]) == ["after-reserve"]
    assert never_reached([]) == []


@pytest.mark.parametrize(
    ("status", "answered", "findings"),
    [
        ("refund_due", ["ok"], 0),
        ("refund_due", ["conflict"], 0),
        ("refund_due", ["expired"], 0),
        ("refund_due", ["ok", "expired"], 1),
        ("applied", ["expired"], 1),
    ],
)
def test_money_for_an_order_cancelled_later_is_due_whatever_one_answer_said(
    status: str, answered: list[str], findings: int
) -> None:
    history = _history()
    history.payments["p1"] = Payment("p1", "o3", 5_000, answered=answered)
    cancelled = replace(_ledger().orders["o3"], status="cancelled")
    ledger = replace(_with(_ledger(), cancelled), payments={"p1": (5_000, status)})
    found = [each for each in check(history, ledger, _OFFER, lossy=False) if "p1" in each.what]
    assert len(found) == findings


def test_an_abandoned_order_that_was_sold_after_all_is_found() -> None:
    history = _history()
    history.abandoned["o3"] += 1
    found = check(history, _ledger(), _OFFER, lossy=False)
    assert [finding.promise for finding in found] == ["P5"]
    assert "o3 was abandoned and is" in found[0].what


def test_a_payment_that_failed_though_nobody_said_so_is_found() -> None:
    history = _history()
    history.refused_as["r3"] = "payment_failed"
    found = check(history, _ledger(), _OFFER, lossy=False)
    assert [finding.what for finding in found] == ["nobody said that the payment of o3 failed"]
    history.failed["o3"] += 1
    assert check(history, _ledger(), _OFFER, lossy=False) == []
