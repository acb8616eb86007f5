"""`python -m tests.hostile`: hold attacks against a node, and see whether anybody else notices."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from liveshop.cli.local_stores import LocalStores
from loadtests.kit import system
from loadtests.kit.checkout import THIS, Checkout
from loadtests.kit.worker import WorkerFailed
from tests.hostile.attacks import ATTACKS
from tests.hostile.attacks.ground import Attack
from tests.hostile.trial import Trial
from tests.hostile.verdict import FIGURES, Outcome, shown, table, verdict
from tests.hostile.victim import NETWORK, open_stores, prefer

# A network namespace: its traffic stays on its loopback, and its addresses are ours.
_NAMESPACE: Final = f'ip link set lo up && ip -6 route add local {NETWORK}::/32 dev lo && exec "$@"'
_INSIDE: Final = "HOSTILE_NETWORK_NAMESPACE"


def _enter_namespace() -> bool:
    """Go on in a network namespace of its own; False where this machine does not allow one."""
    if os.environ.get(_INSIDE):
        return True
    probe = ["unshare", "--net", "sh", "-c", _NAMESPACE, "sh", "true"]
    try:
        allowed = subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    if allowed:
        os.environ[_INSIDE] = "1"
        os.execvp("unshare", [*probe[:-1], *sys.orig_argv])
    return False


@click.command()
@click.option("--seconds", default=15.0, show_default=True, help="How long each attack is held.")
@click.option("--only", multiple=True, help="Hold this attack only; may be repeated.")
@click.option("--point", type=int, multiple=True, help="Hold the attacks of one point of them.")
@click.option("--list", "listing", is_flag=True, help="List the attacks.")
@click.option("--viewers", default=200, show_default=True, help="How many honest viewers watch.")
@click.option("--tries", default=3, show_default=True, help="How often one that was slow is held.")
@click.option("--checkout", type=click.Path(path_type=Path), help="Attack another checkout's node.")
@click.option("--keep", type=click.Path(path_type=Path), help="Write the outcomes as JSON.")
@click.option("--before", type=click.Path(path_type=Path), help="Outcomes of an older checkout.")
def main(
    seconds: float,
    only: tuple[str, ...],
    point: tuple[int, ...],
    listing: bool,
    viewers: int,
    tries: int,
    checkout: Path | None,
    keep: Path | None,
    before: Path | None,
) -> None:
    """Hold one attack after the other against a node that 200 viewers watch and buy from.

    Nobody else may notice: no connection, event or purchase is lost, no health check fails, and
    the p99 of everything stays within 1.5 × of what it is without the attack.
    """
    if unknown := [name for name in only if name not in ATTACKS]:
        raise click.UsageError(f"no attack is called {', '.join(unknown)}: see --list")
    chosen = [
        each
        for each in ATTACKS.values()
        if (not only or each.name in only) and (not point or each.point in point)
    ]
    if listing:
        for each in chosen:
            click.echo(f"{each.point}  {each.name:22} {each.what}")
        return
    if not _enter_namespace():
        # The addresses of a whole IPv6 network are for root to give.
        click.echo("no network namespace here: attacks from IPv6 networks are left out", err=True)
        chosen = [each for each in chosen if ":" not in each.host]
    outcomes = _hold_all(chosen, checkout, (viewers, seconds, tries))
    older = json.loads(before.read_text()) if before else []
    click.echo(f"\n{table(outcomes, {each['name']: each['verdict'] for each in older})}")
    if keep:
        facts = [each.as_json() | {"verdict": verdict(each)} for each in outcomes]
        keep.write_text(json.dumps(facts, indent=1) + "\n")
    if len(outcomes) < len(chosen) or not all(each.passed for each in outcomes):
        raise SystemExit(1)


def _hold_all(
    attacks: Sequence[Attack], checkout: Path | None, how: tuple[int, float, int]
) -> list[Outcome]:
    """Hold one attack after the other; return what came of those that were held."""
    system.allow_every_file()
    prefer(os.getpid())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    outcomes: list[Outcome] = []
    try:
        with tempfile.TemporaryDirectory(prefix="liveshop-hostile-") as folder:
            code = THIS if checkout is None else Checkout(checkout.resolve())
            with open_stores(code, Path(folder)) as stores:
                outcomes.extend(_try(each, code, stores, Path(folder), how) for each in attacks)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    return outcomes


def _try(
    attack: Attack,
    checkout: Checkout,
    stores: LocalStores,
    folder: Path,
    how: tuple[int, float, int],
) -> Outcome:
    """Hold an attack; again if things were slower only, since a machine has its moods."""
    viewers, seconds, tries = how
    for number in range(1, tries + 1):
        trial = Trial(attack, checkout, stores, folder)
        try:
            outcome = trial.run(viewers, seconds)
        except (WorkerFailed, OSError) as error:
            # A node that did not even start, or died where it was not expected to.
            outcome = trial.outcome
            outcome.noticed.append(f"not held to its end: {error}")
        outcome.tries = number
        _tell(outcome)
        if outcome.passed or outcome.noticed:
            break
    return outcome


def _tell(outcome: Outcome) -> None:
    said = "; ".join(outcome.noticed + outcome.slower) or "nobody noticed"
    click.echo(f"{outcome.name}: {said}")
    if outcome.last_words:
        click.echo(f"    {outcome.last_words}")
    for line in outcome.log:
        click.echo(f"    log: {line}")
    for name in FIGURES:
        quiet, meanwhile = outcome.quiet.get(name), outcome.meanwhile.get(name)
        if quiet and meanwhile:
            shares = " ".join(
                f"{each} {shown(getattr(quiet, each))} → {shown(getattr(meanwhile, each))}"
                for each in ("p50", "p99", "worst")
            )
            click.echo(f"    {name:12} {shares}")
    counts = ", ".join(f"{name} {count:,}" for name, count in sorted(outcome.counts.items()))
    click.echo(
        f"    CPU {outcome.cpu_percent:.0f} % and {outcome.waited_percent:.0f} % waited for, "
        f"{outcome.rss_mib:+.0f} MiB, "
        f"{outcome.log_lines_per_s:.1f} log lines/s, noise {outcome.noise:.2f} ×; {counts}"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
