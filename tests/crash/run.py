"""One seed from its stampede to its verdict."""

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random

import anyio
from anyio.abc import TaskGroup
from anyio.from_thread import BlockingPortal, start_blocking_portal

from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET
from tests.crash.buyers import Buyer, Shelf
from tests.crash.checker import Finding, check, told, unresolved
from tests.crash.faults import Faults, StandStill
from tests.crash.history import Attempt, History
from tests.crash.hosting import Host, Offer
from tests.crash.ledger import Ledger, read_copies, read_ledger, read_rows
from tests.crash.merchant import Merchant
from tests.crash.schedules import Schedule
from tests.crash.taker import Taker
from tests.crash.world import CrashWorld

BUYERS = 200
CANCELLERS = 3
HOLD_MS = {"direct": 1_200, "checkout": 2_500}
_TOKEN_S = 86_400
_BUYER_S_MAX = 30
_REST_S_MAX = 20.0
_PURCHASES_MAX = 5
_AGAIN_S = (0.2, 0.6)
# How many buy at once when the rest is sold: each has to be paid for while it is held.
_QUEUE_MAX = 10
_HISTORY_LINES_MAX = 60


@dataclass
class Report:
    """The results of a seed."""

    schedule: Schedule
    session_id: str = ""
    attempts: int = 0
    reserved: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    hosted: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    armed: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    coupons: int = 0
    unknowns: int = 0
    cancelled: int = 0
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    history: History = field(default_factory=History)

    def story(self) -> str:
        """Tell the schedule, what was found, and the history of each rid concerned."""
        lines = [str(self.schedule), f"session {self.session_id}"]
        for finding in self.findings:
            lines.append(str(finding))
            if finding.ids:
                lines += [f"    {line}" for line in self.history.of(*finding.ids)][
                    :_HISTORY_LINES_MAX
                ]
        return "\n".join(lines)


class Run:
    """One seed: call `carry_out` from the main thread; its clients live in another."""

    def __init__(self, world: CrashWorld, schedule: Schedule) -> None:
        self._world = world
        self._schedule = schedule
        self._history = History()
        self._random = Random(schedule.seed)
        self._urls = world.urls
        self._host = Host(self._urls, self._history, Random(schedule.seed + 1))
        self._hold_ms = HOLD_MS[schedule.payment]
        self._merchant = Merchant(
            self._urls, self._history, Random(schedule.seed + 2), self._hold_ms
        )
        self._offer = self._make_offer()
        self._taker = Taker(self._offer, Random(schedule.seed + 3))
        self._over = False
        self._report = Report(schedule, history=self._history)

    def carry_out(self) -> Report:
        """Let the stampede loose, do what the schedule says, and judge."""
        started = time.monotonic()
        with start_blocking_portal() as portal:
            portal.call(self._open)
            session_id = self._report.session_id = self._host.session_id
            faults = Faults(self._world, self._history, session_id, self._hold_ms)
            stampede = portal.start_task_soon(self._stampede)
            try:
                for step in self._schedule.steps:
                    faults.carry_out(step)
                faults.wait(self._schedule.commands)
            except StandStill as stand_still:
                self._report.findings.append(Finding("P8", str(stand_still)))
            finally:
                self._over = True
                ended = self._world.mend()
            stampede.result()
            self._judge(portal, faults, ended)
            portal.call(self._host.close)
            portal.call(self._merchant.close)
        self._report.seconds = time.monotonic() - started
        return self._report

    def _make_offer(self) -> Offer:
        name = f"shirt-{self._schedule.seed}"
        units = {f"{name}-{label}": self._random.randint(60, 250) for label in ("S", "M", "L")}
        return Offer(
            product_id=name,
            units=units,
            limit=self._random.randint(3, 6),
            sale_units=self._random.randint(10, 60),
            sale_limit=self._random.randint(1, 2),
            hold_ms=self._hold_ms,
            payment=self._schedule.payment,
            coupon_units=self._random.randint(20, 60),
            coupon_limit=self._random.randint(1, 2),
        )

    async def _open(self) -> None:
        await self._host.open(self._offer)
        await self._merchant.open(
            make_token(SECRET, viewer_id="admin", role=Role.ADMIN, ttl_s=_TOKEN_S)
        )

    async def _stampede(self) -> None:
        """Let buyers and the host loose; afterwards each buyer asks until it knows."""
        shelf = self._shelf()
        async with anyio.create_task_group() as tasks:
            buyers = [self._buyer(str(number), shelf, tasks) for number in range(BUYERS)]
            async with anyio.create_task_group() as shopping:
                await shopping.start(
                    self._taker.run,
                    self._host.session_id,
                    self._world.redis_url,
                    self._world.postgres_url,
                    self._is_over,
                )
                shopping.start_soon(self._host.run, self._offer, self._is_over)
                shopping.start_soon(self._host.add_stock, self._offer, self._is_over)
                shopping.start_soon(self._merchant.run, self._is_over)
                for _ in range(CANCELLERS):
                    shopping.start_soon(self._host.cancel, self._is_over)
                for buyer in buyers:
                    shopping.start_soon(buyer.run)
            await self._resolve(buyers)
            for buyer in buyers:
                await buyer.close()

    def _is_over(self) -> bool:
        return self._over

    def _shelf(self) -> Shelf:
        return Shelf(self._host.session_id, tuple(self._offer.units), self._urls)

    def _buyer(self, name: str, shelf: Shelf, tasks: TaskGroup) -> Buyer:
        return Buyer(
            name=f"b{self._schedule.seed}-{name}",
            shelf=shelf,
            history=self._history,
            random=Random(f"{self._schedule.seed} {name}"),
            tasks=tasks,
            over=self._is_over,
        )

    async def _resolve(self, buyers: list[Buyer]) -> None:
        """Have every unknown outcome resolved by asking again with the same rid."""
        await self._host.insist("session.resume")
        await self._host.resolve(self._offer)
        checkouts = [
            checkout
            for checkout in self._history.checkouts.values()
            if not checkout.confirmed and not checkout.errors
        ]
        payments = [each for each in self._history.payments.values() if not each.decided]
        unknown = list(unresolved(self._history))
        self._report.unknowns = len(unknown) + len(checkouts) + len(payments)
        await self._merchant.resolve()
        by_name = {buyer.name: buyer for buyer in buyers}
        async with anyio.create_task_group() as asking:
            for buyer in buyers:
                mine = [each for each in buyer.mine if each.command == "buy" and not each.decided]
                if mine:
                    asking.start_soon(self._decide, buyer, mine)
            for checkout in checkouts:
                asking.start_soon(by_name[checkout.buyer].decide_checkout, checkout)

    async def _decide(self, buyer: Buyer, mine: list[Attempt]) -> None:
        # A client that comes back is told first what it has.
        await buyer.close()
        with anyio.move_on_after(_BUYER_S_MAX):
            for attempt in mine:
                if not await buyer.decide(attempt):
                    what = f"{attempt.rid} cannot be decided"
                    self._report.findings.append(Finding("P5", what, (attempt.rid,)))

    def _judge(self, portal: BlockingPortal, faults: Faults, ended: dict[str, str]) -> None:
        """Wait for the rest, compare what was told with what is stored, and sell the rest."""
        report, world = self._report, self._world
        portal.call(self._rest)
        ledger: Ledger = portal.call(
            read_ledger,
            world.copies_url(report.session_id),
            world.postgres.url,
            report.session_id,
        )
        report.findings += check(self._history, ledger, self._offer, lossy=faults.lossy)
        report.attempts = len(self._history.attempts)
        report.reserved = sum(each.reserved is not None for each in self._history.attempts.values())
        report.outcomes = told(self._history)
        report.errors = self._history.errors
        report.hosted = self._history.hosted
        report.killed, report.armed, report.reached = faults.killed, faults.armed, faults.reached
        report.taken = self._taker.steps
        report.coupons = sum(
            order.bought and self._history.coupon in dict(order.charges)
            for order in ledger.orders.values()
        )
        report.cancelled = sum("ok" in codes for codes in self._history.cancels.values())
        for name, log in ended.items():
            if name not in faults.failed:
                report.findings.append(Finding("P8", f"{name} ended on its own: {log}"))
        portal.call(self._sell_out)
        code, said = world.audit()
        if code != 0:
            report.findings += [Finding("audit", line) for line in said.splitlines()]
        portal.call(self._end)

    async def _rest(self) -> None:
        """Wait until nothing is held: each unit is then sold or for sale, or it has leaked."""
        with anyio.move_on_after(_REST_S_MAX):
            while not await self._is_at_rest():  # noqa: ASYNC110 -- nobody sets an event for it
                await anyio.sleep(0.1)

    async def _is_at_rest(self) -> bool:
        session_id = self._report.session_id
        copies = read_copies(self._world.copies_url(session_id), session_id)
        rows, _ = await read_rows(self._world.postgres.url, self._report.session_id)
        return all(
            row in copies and copies[row] == replace(truth, held=0) for row, truth in rows.items()
        )

    async def _sell_out(self) -> None:
        """Buy all that is left to the last unit: units for sale must be sellable."""
        await self._host.insist("sale.end", product_id=self._offer.product_id)
        rows, _ = await read_rows(self._world.postgres.url, self._report.session_id)
        skus = tuple(self._offer.units)
        left = {sku: rows[f"s{sku}"].units - rows[f"s{sku}"].sold for sku in skus}
        wanted: list[tuple[str, int]] = []
        for sku, units in left.items():
            limit = self._offer.limit
            wanted += [(sku, min(limit, units - at)) for at in range(0, units, limit)]
        self._merchant.reliable, sold_out = True, anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._merchant.run, sold_out.is_set)
            shelf = self._shelf()
            buyers = [self._buyer(f"rest-{n}", shelf, tasks) for n in range(len(wanted))]
            counter = anyio.CapacityLimiter(_QUEUE_MAX)
            async with anyio.create_task_group() as buying:
                for buyer, (sku, units) in zip(buyers, wanted, strict=True):
                    buying.start_soon(self._must_buy, buyer, sku, units, counter)
            late = self._buyer("late", shelf, tasks)
            for sku in skus:
                attempt = late.attempt("buy", sku, 1)
                if not await late.decide(attempt) or attempt.answered[-1:] != ["sold_out"]:
                    what = f"{sku} is sold out, and another was told {attempt.answered}"
                    self._report.findings.append(Finding("P1", what, (attempt.rid,)))
            sold_out.set()
            for buyer in (*buyers, late):
                await buyer.close()

    async def _must_buy(
        self, buyer: Buyer, sku: str, quantity: int, counter: anyio.CapacityLimiter
    ) -> None:
        # One whose payment took too long on a busy machine comes again, and so does one who
        # comes before the units of the former are back.
        for _ in range(_PURCHASES_MAX):
            attempt = buyer.attempt("buy", sku, quantity)
            async with counter:
                await buyer.decide(attempt)
            if attempt.bought:
                return
            await anyio.sleep(self._random.uniform(*_AGAIN_S))
        what = f"{quantity} of {sku} are left, and cannot be bought: {attempt.answered}"
        self._report.findings.append(Finding("P4", what, (attempt.rid,)))

    async def _end(self) -> None:
        """End the session: it is settled with nothing left, and out of the next seed's way."""
        await self._host.insist("session.end")
        rows, settled = await read_rows(self._world.postgres.url, self._report.session_id)
        with anyio.move_on_after(_REST_S_MAX):
            while not settled:
                await anyio.sleep(0.1)
                rows, settled = await read_rows(self._world.postgres.url, self._report.session_id)
        if not settled:
            self._report.findings.append(Finding("P4", f"{self._report.session_id} never settles"))
        for row, truth in rows.items():
            if truth.units != truth.sold and not row.startswith("@"):
                self._report.findings.append(Finding("P4", f"{row} was sold out and is {truth}"))
