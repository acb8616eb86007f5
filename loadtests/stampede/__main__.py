"""`python -m loadtests.stampede`: only the purchase path, at its limit."""

import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from loadtests.kit import system
from loadtests.kit.checkout import Checkout, checkout_option
from loadtests.kit.report import Report, table
from loadtests.kit.shop import open_shop
from loadtests.kit.worker import WorkerFailed
from loadtests.stampede import comparisons, overload, scenarios
from loadtests.stampede.bench import Bench, Size
from loadtests.stampede.pins import pins
from loadtests.stampede.plot import plot
from loadtests.stampede.vote import vote
from loadtests.stampede.with_worker import with_worker

SCENARIOS: Final = MappingProxyType[str, Callable[[Bench], None]](
    {
        "limit": scenarios.limit,
        "sell-out": scenarios.sell_out,
        "overload": overload.overload,
        "obvious": comparisons.obvious,
        "orders": comparisons.orders,
        "shelf": comparisons.shelf,
        "pins": pins,
        "vote": vote,
        "worker": with_worker,
    }
)
_QUICK: Final = Size((100.0, 200.0), 1.0, 200, 20, 200, 1_000, 5, 1, quick=True)


def _rates(context: click.Context, option: click.Parameter, text: str) -> tuple[float, ...]:
    try:
        rates = tuple(float(word) for word in text.split(",") if word)
    except ValueError:
        raise click.BadParameter("numbers with commas between them, such as 2000,4000") from None
    if not rates or not 1 <= min(rates) <= max(rates) <= 50_000:
        raise click.BadParameter("1 to 50,000 purchases a second")
    return rates


def _steps(name: str, report: Report) -> str:
    """Return the tables of a scenario that has steps, and nothing for the others."""
    match name:
        case "limit":
            steps = report.raw.get("limit", []) + report.raw.get("half", [])
            return scenarios.steps_table(steps) + "\n" if steps else ""
        case "overload":
            return overload.overload_table(report.raw["overload"]) + "\n"
        case _:
            return ""


def _chosen(names: Sequence[str], against: Checkout | None) -> list[str]:
    """Return the scenarios to run; raises UsageError where they cannot be compared."""
    chosen = list(SCENARIOS) if "all" in names else list(dict.fromkeys(names))
    if against is not None and not set(chosen) <= {"limit", "pins"}:
        raise click.UsageError("--against compares `limit` and `pins`: add --scenario limit")
    return chosen


def _prepare() -> None:
    system.allow_every_file()
    # As Ctrl-C does, so that the folder and the processes go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _judge(wrong: Sequence[str], sound: bool, said: str) -> None:
    click.echo("\n".join(wrong) or "Every purchase has one answer, and none was sold twice.")
    click.echo(f"liveshop audit: {said}")
    if wrong or not sound:
        raise SystemExit(1)


@click.command()
@click.option(
    "--scenario",
    "names",
    multiple=True,
    type=click.Choice([*SCENARIOS, "all"]),
    default=("all",),
    help="The scenario to measure; may be given more than once.",
)
@click.option(
    "--rates",
    default="2000,4000,5000,6000,7000,8000,10000",
    show_default=True,
    callback=_rates,
    help="Arrivals a second, one step of `limit` each.",
)
@click.option("--seconds", type=click.FloatRange(0.5, 600), default=5, show_default=True)
@click.option("--attempts", type=click.IntRange(10, 180_000), default=100_000, show_default=True)
@click.option("--units", type=click.IntRange(1, 100_000), default=5_000, show_default=True)
@click.option("--orders", type=click.IntRange(1, 1_000_000), default=1_000_000, show_default=True)
@click.option("--products", type=click.IntRange(2, 500), default=200, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option(
    "--nodes",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Server processes that the voters of `vote` share.",
)
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    callback=checkout_option,
    metavar="DIR",
    help="Another checkout, measured by turns with this one; for `limit` and `pins`.",
)
@click.option("--quick", is_flag=True, help="A few hundred purchases: does it work?")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--plot", "plot_file", type=click.Path(dir_okay=False, path_type=Path))
def main(
    names: tuple[str, ...],
    rates: tuple[float, ...],
    seconds: float,
    attempts: int,
    units: int,
    orders: int,
    products: int,
    rounds: int,
    nodes: int,
    against: Checkout | None,
    quick: bool,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure only the purchase path: attempts, reservations and durable orders a second.

    Everything runs on this machine, on 127.0.0.1, and ends on its own: a Valkey and a PostgreSQL
    of its own, `liveshop serve`, and buyers who are one process with an epoll of bare sockets.
    Exits with 1 if a purchase has no answer or two, if more is sold than there was, or if
    `liveshop audit` finds anything; for being slow only in `overload`, which is about that.
    """
    size = Size(rates, seconds, attempts, units, 16_000, orders, products, rounds, nodes)
    command = f"python -m loadtests.stampede {shlex.join(sys.argv[1:])}".strip()
    report, wrong = Report(system.machine(), command), list[str]()
    chosen = _chosen(names, against)
    _prepare()
    try:
        with ExitStack() as stack:
            shop = stack.enter_context(open_shop())
            other = None if against is None else stack.enter_context(open_shop(against))
            for name in chosen:
                click.echo(f"{name} …", err=True)
                done = len(report.figures)
                SCENARIOS[name](
                    Bench(
                        shop, replace(_QUICK, nodes=nodes) if quick else size, report, wrong, other
                    )
                )
                click.echo(_steps(name, report))
                click.echo(table(report.figures[done:]) + "\n")
            sound, said = shop.audit()
    except WorkerFailed as error:
        raise click.ClickException(str(error)) from error
    finally:
        if json_file is not None:
            report.keep(json_file)
    if plot_file is not None and "limit" in report.raw:
        plot_file.write_text(plot(report.raw["limit"]))
    _judge(wrong, sound, said)


if __name__ == "__main__":
    main()
