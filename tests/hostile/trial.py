"""One attack against a node of its own: quiet, attacked, and quiet again."""

import time
from pathlib import Path
from typing import Final

from liveshop.cli.local_stores import LocalStores
from loadtests.kit import system
from loadtests.kit.checkout import Checkout
from loadtests.kit.worker import Worker
from tests.hostile import attackers, honest
from tests.hostile.attacks.ground import Attack, Told
from tests.hostile.shows import make_others
from tests.hostile.verdict import (
    FIGURES,
    REDIS_BYTES_PER_S_MAX,
    TRANSACTIONS_PER_S_MAX,
    Figure,
    Outcome,
    Quiet,
    left_over,
    slower,
)
from tests.hostile.victim import HostileShow, Reading, Victim, audit, prefer_descendants
from tests.hostile.visitors import Notes

_QUIET_S: Final = 10.0
_SETTLE_S_MAX: Final = 20.0
_WARM_S: Final = 2.0
_LATE_S: Final = 60.0


class Trial:
    """One attack against a node of its own."""

    def __init__(
        self, attack: Attack, checkout: Checkout, stores: LocalStores, folder: Path
    ) -> None:
        self._attack = attack
        self._checkout = checkout
        self._stores = stores
        self._folder = folder
        self.outcome = Outcome(attack.name, attack.what, attack.point)

    def run(self, viewers: int, seconds: float) -> Outcome:
        """Hold the attack, and return what came of it."""
        name = f"{self._attack.name}-{time.monotonic_ns()}"
        settings = {"LIVESHOP_HOST": self._attack.host, **self._attack.settings}
        with Victim(self._checkout, self._stores, self._folder, **settings) as victim:
            show = victim.open_show(name)
            others = make_others(victim, name, self._attack.others, self._attack.others_count)
            guests = honest.Guests(self._attack.host, victim.port, show, viewers)
            with (
                Worker(honest.serve, None, guests) as crowd,
                Worker(attackers.serve, None) as mallory,
            ):
                crowd.ask("join")
                crowd.ask("measure", _WARM_S)
                prefer_descendants(besides=mallory.pid)
                self._measure(victim, crowd, mallory, (show, others), seconds)
            if not victim.lives:
                self.outcome.noticed.insert(0, "the node ended")
                self.outcome.last_words = victim.last_words()[-400:]
            elif found := audit(self._checkout, self._stores):
                self.outcome.noticed.append(f"audit: {found[:200]}")
        return self.outcome

    def _measure(
        self,
        victim: Victim,
        crowd: Worker,
        mallory: Worker,
        where: tuple[HostileShow, tuple[str, ...]],
        seconds: float,
    ) -> None:
        outcome = self.outcome
        started = victim.read()
        before = self._figures(crowd, _QUIET_S)
        quiet = victim.read()
        mallory.begin("hold", self._attack.name, victim.port, *where, seconds)
        crowd.begin("measure", seconds)
        began_s = time.monotonic()
        time.sleep(seconds * 2 / 3)
        late = victim.read() if victim.lives else None
        notes: Notes = crowd.end(seconds + _LATE_S)
        told: Told = mallory.end(seconds + _LATE_S)
        outcome.counts = dict(told.counts)
        outcome.noticed += [f"{count} × {what}" for what, count in told.wrong.items()]
        outcome.noticed += [f"{count} × {what}" for what, count in notes.wrong.items()]
        outcome.counts |= {f"honest: {code}": n for code, n in notes.refused.items()}
        outcome.meanwhile = _figures_of(notes, began_s, seconds)
        if not victim.lives or late is None:
            return
        attacked = victim.read()
        outcome.log = victim.log_since(quiet.log_lines)
        self._weigh(started, quiet, late, attacked)
        _wait_until_quiet(victim, quiet)
        outcome.noticed += left_over(quiet, victim.read(), attacked.at_s - quiet.at_s)
        after = self._figures(crowd, _QUIET_S)
        outcome.quiet = dict(Quiet.of(before, after).figures)
        outcome.noise = max(
            max(after[each].p99, before[each].p99) / min(after[each].p99, before[each].p99)
            for each in FIGURES
        )
        outcome.slower = slower(outcome.quiet, outcome.meanwhile)

    def _figures(self, crowd: Worker, seconds: float) -> dict[str, Figure]:
        began_s = time.monotonic()
        notes: Notes = crowd.ask("measure", seconds, seconds=seconds + _LATE_S)
        self.outcome.noticed += [f"{n} × {what} (without it)" for what, n in notes.wrong.items()]
        return _figures_of(notes, began_s, seconds)

    def _weigh(self, started: Reading, quiet: Reading, late: Reading, end: Reading) -> None:
        """Judge what the attack took of node and stores, besides what the honest crowd does."""
        outcome = self.outcome
        seconds, quiet_s = end.at_s - quiet.at_s, quiet.at_s - started.at_s
        outcome.cpu_percent = (end.cpu_ns - quiet.cpu_ns) / seconds / 1e7
        outcome.waited_percent = (end.waited_ns - quiet.waited_ns) / seconds / 1e7
        outcome.rss_mib = (max(late.rss_bytes, end.rss_bytes) - quiet.rss_bytes) / 2**20
        outcome.log_lines_per_s = (end.log_lines - quiet.log_lines) / seconds
        usual = (quiet.redis_bytes - started.redis_bytes) / quiet_s
        # Of its last third: a cap may be reached before, and then it has to hold.
        growth = (end.redis_bytes - late.redis_bytes) / (end.at_s - late.at_s) - usual
        outcome.counts["Redis bytes/s"] = round(growth)
        if growth > REDIS_BYTES_PER_S_MAX:
            outcome.noticed.append(f"Redis grows by {growth / 1024:,.0f} KiB a second")
        usual = (quiet.postgres_transactions - started.postgres_transactions) / quiet_s
        since_late = end.postgres_transactions - late.postgres_transactions
        more = since_late / (end.at_s - late.at_s) - usual
        outcome.counts["PostgreSQL transactions/s"] = round(more)
        if self._attack.stores_stay_quiet and more > TRANSACTIONS_PER_S_MAX:
            outcome.noticed.append(f"{more:,.0f} more transactions a second")


def _figures_of(notes: Notes, began_s: float, seconds: float) -> dict[str, Figure]:
    return {name: Figure.of(notes.lags.get(name, []), began_s, seconds) for name in FIGURES}


def _wait_until_quiet(victim: Victim, before: Reading) -> None:
    """Wait for what a node may take to forget those who have gone."""
    deadline = time.monotonic() + _SETTLE_S_MAX
    while time.monotonic() < deadline and victim.lives:
        if system.descriptors(victim.process.pid) <= before.descriptors + 20:
            return
        time.sleep(0.2)
