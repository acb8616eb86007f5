"""`python -m loadtests.soak`: work a node for minutes, and see whether anything grows."""

import asyncio
import json
import signal
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from liveshop.core.limits import PULSE_MS
from loadtests.kit import crowd, system
from loadtests.kit.crowd import Joined
from loadtests.kit.frames import Target
from loadtests.kit.shop import Node, Room, Shop, make_product, offer, open_shop, wait_until
from loadtests.kit.worker import Worker, WorkerFailed
from loadtests.soak import traffic
from loadtests.soak.samples import (
    MINUTES_MIN,
    TOO_SHORT,
    Gauge,
    Sample,
    closed,
    table,
    trends,
    verdict,
)
from loadtests.soak.traffic import Plan

_EVERY_S: Final = 30.0
_LOOKS: Final = 15
_HOLD_MS_MAX: Final = 5_000
_HOLD_MS_MIN: Final = 1_000
_LIMIT: Final = 40
_SCARCE_UNITS: Final = 20
_JOINS_PER_SECOND: Final = 200.0
_JOINS_AT_ONCE: Final = 50
_JOIN_S_MAX: Final = 60.0
_ANSWER_S_MAX: Final = 120.0
_REST_S_MAX: Final = 60.0


class Soak:
    """One run: viewers who come and go, traffic meanwhile, and a row now and then."""

    def __init__(
        self, shop: Shop, node: Node, viewers: int, purchases: float, seconds: float
    ) -> None:
        self._shop = shop
        self._node = node
        self._viewers = viewers
        self._purchases = purchases
        self._seconds = seconds
        self._every_s = min(_EVERY_S, seconds / 4)
        self._hold_ms = max(_HOLD_MS_MIN, min(_HOLD_MS_MAX, int(seconds * 1000 / 4)))
        self._room = _prepare(node, self._hold_ms)
        self.samples: list[Sample] = []
        self.counts: dict[str, int] = {}
        self.closed: dict[str, int] = {}

    def run(self) -> None:
        """Work for as long as was asked for, then until nothing is held any longer."""
        seconds, target = self._seconds, self._room.target(self._node.port, deflate=True)
        with (
            Worker(crowd.serve, system.cores()[1]) as watchers,
            Worker(traffic.serve, system.cores()[1]) as buyers,
            closing(Gauge(self._node, self._shop.stores, self._room.session_id)) as gauge,
        ):
            joined = _join(watchers, target, self._viewers)
            if joined.count != self._viewers:
                raise WorkerFailed(f"{joined.count} viewers joined: {joined.refused}")
            buyers.begin("play", self._plan())
            started = time.monotonic()
            while (passed := time.monotonic() - started) < seconds:
                self._work(watchers, target, gauge, started, passed)
            self.counts = buyers.end(_REST_S_MAX)
            self.closed = closed(self._node.metrics())
            watchers.ask("leave")
        self._rest()

    def _work(
        self, watchers: Worker, target: Target, gauge: Gauge, started: float, passed: float
    ) -> None:
        """Go on until the next row is due; a hundredth of the viewers is replaced at every look."""
        for look in range(1, _LOOKS + 1):
            # Those too whom the server has closed, as it does if this machine is too busy to read.
            missing = max(0, self._viewers + self._plan().buyers - gauge.look())
            replaced = watchers.ask("leave", max(1, self._viewers // 100))
            _join(watchers, target, replaced + missing)
            watchers.ask("arrivals")  # which it would keep for ever
            due = started + passed + self._every_s * look / _LOOKS
            time.sleep(max(0.0, due - time.monotonic()))
        self.samples.append(asyncio.run(gauge.sample(time.monotonic() - started)))
        click.echo(table(self.samples[-1:]).splitlines()[-1], err=True)

    def _plan(self) -> Plan:
        return Plan(
            url=self._node.url,
            secret=self._shop.secret,
            api_key=self._shop.api_key,
            session_id=self._room.session_id,
            product_id=self._room.product_id,
            skus=self._room.skus,
            scarce="soak-scarce-00",
            seconds=self._seconds,
            purchases=self._purchases,
        )

    def _rest(self) -> None:
        """Return once the last carts have expired and nobody is there."""
        wait_until(
            lambda: self._node.counter("liveshop_viewers") == 0, "the viewers leave", _REST_S_MAX
        )
        time.sleep(self._hold_ms / 1000 + 3 * PULSE_MS / 1000)


def _prepare(node: Node, hold_ms: int) -> Room:
    """Make a live session with units for all of one product and few of another."""
    plenty = make_product(node, "soak", 9)
    scarce = make_product(node, "soak-scarce", 1)
    offers = [offer(plenty, 500_000, _LIMIT), offer(scarce, _SCARCE_UNITS, _LIMIT)]
    session_id = node.go_live("Soak", offers, hold_ms=hold_ms)
    return Room(session_id, plenty.product_id, plenty.skus)


def _join(watchers: Worker, target: Target, count: int) -> Joined:
    joined: Joined = watchers.ask(
        "join", target, count, _JOINS_PER_SECOND, _JOINS_AT_ONCE, _JOIN_S_MAX, seconds=_ANSWER_S_MAX
    )
    return joined


@click.command()
@click.option("--minutes", type=click.FloatRange(0.05, 1440), default=20.0, show_default=True)
@click.option("--viewers", type=click.IntRange(10, 20_000), default=4_000, show_default=True)
@click.option(
    "--purchases-per-second",
    "purchases",
    type=click.FloatRange(1, 1_000),
    default=120.0,
    show_default=True,
)
@click.option("--unjudged", is_flag=True, help="Only do everything, however short: judge nothing.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
def main(
    minutes: float, viewers: int, purchases: float, unjudged: bool, json_file: Path | None
) -> None:
    """Work a node of its own with a bit of everything, and report whether anything grows.

    Viewers join and leave, chat and like; they buy, fill carts that are ordered, given back or
    left to expire; a host pins, reprices and holds sales; orders are cancelled. A row every 30 s
    says what node and stores take. At the end `liveshop audit` has the last word.
    """
    if minutes < MINUTES_MIN and not unjudged:
        raise click.UsageError(f"{TOO_SHORT} Give --minutes {MINUTES_MIN:g} or more.")
    system.allow_every_file()
    # As Ctrl-C does, so that the folder and the processes go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with open_shop() as shop, shop.node() as node:
            soak = Soak(shop, node, viewers, purchases, minutes * 60)
            soak.run()
            found = trends(soak.samples)
            click.echo(f"{table(soak.samples)}\n\n{verdict(found)}\n")
            click.echo("Done and answered: " + _told(soak.counts))
            click.echo("Connections closed, by code: " + _told(soak.closed))
            sound, said = shop.audit()
    except WorkerFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Audit: {'no findings' if sound else said}")
    if json_file is not None:
        _keep(json_file, soak, sound)
    judged = bool(found) or unjudged
    if not (sound and judged and all(each.flat for each in found)):
        raise SystemExit(1)


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _keep(path: Path, soak: Soak, sound: bool) -> None:
    kept: dict[str, Any] = {
        "machine": system.machine(),
        "samples": [asdict(each) for each in soak.samples],
        "trends": [asdict(each) | {"flat": each.flat} for each in trends(soak.samples)],
        "counts": soak.counts,
        "closed": soak.closed,
        "audit": sound,
    }
    path.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
