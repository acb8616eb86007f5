"""`python -m loadtests.fanout`: measure the fan-out of a server of its own, then say how it did."""

import shlex
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from loadtests.fanout.bench import Bench, Size
from loadtests.fanout.plot import plot
from loadtests.fanout.scenarios import (
    batch,
    deliver,
    drain,
    latency,
    memory,
    snapshot,
    storm,
    stuck,
)
from loadtests.kit import system
from loadtests.kit.checkout import Checkout, checkout_option
from loadtests.kit.report import Report, table
from loadtests.kit.shop import open_shop
from loadtests.kit.worker import WorkerFailed

SCENARIOS: Final = MappingProxyType[str, Callable[[Bench], None]](
    {
        "deliver": deliver.run,
        "batch": batch.run,
        "memory": memory.run,
        "snapshot": snapshot.run,
        "latency": latency.run,
        "storm": storm.run,
        "stuck": stuck.run,
        "drain": drain.run,
    }
)
_COMPARED: Final = frozenset({"deliver", "memory", "storm"})


def _viewers(context: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(word) for word in text.split(",") if word)
    except ValueError:
        raise click.BadParameter("numbers with commas between them, such as 500,5000") from None
    if numbers and not 10 <= min(numbers) <= max(numbers) <= system.viewers_max():
        raise click.BadParameter(
            f"10 to {system.viewers_max():,} viewers: a process may open no more files "
            "here (`ulimit -Hn`)"
        )
    return numbers


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
    "--viewers",
    default="",
    callback=_viewers,
    help="Sizes of the room for `deliver`, with commas; the others take the largest. "
    "Without it each has the size that is asked of it, up to 15,000.",
)
@click.option("--rounds", type=click.IntRange(1, 100), help="How often a pair is measured.  [15]")
@click.option("--seconds", type=click.IntRange(1, 600), help="How long `latency` goes on.  [20]")
@click.option(
    "--against",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    callback=checkout_option,
    metavar="DIR",
    help="Another checkout, whose server is measured by turns with this one's; for "
    f"{', '.join(sorted(_COMPARED))}.",
)
@click.option("--quick", is_flag=True, help="A few hundred viewers and 3 rounds: does it work?")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--plot", "plot_file", type=click.Path(dir_okay=False, path_type=Path))
def main(
    names: tuple[str, ...],
    viewers: tuple[int, ...],
    rounds: int | None,
    seconds: int | None,
    against: Checkout | None,
    quick: bool,
    json_file: Path | None,
    plot_file: Path | None,
) -> None:
    """Measure what one message to a whole room costs the server.

    Everything runs on this machine, on 127.0.0.1, and ends on its own: a Valkey and a PostgreSQL
    of its own, `liveshop serve` on one core and the viewers on another, who are one process with an
    epoll of bare sockets. Ratios are medians over rounds, taken in random order within one run.
    """
    size = Size(viewers, rounds or (3 if quick else 15), seconds or (3 if quick else 20), quick)
    command = f"python -m loadtests.fanout {shlex.join(sys.argv[1:])}".strip()
    report = Report(system.machine(), command)
    chosen = list(SCENARIOS) if "all" in names else list(dict.fromkeys(names))
    if against is not None and not _COMPARED.issuperset(chosen):
        raise click.UsageError(
            f"--against compares {', '.join(sorted(_COMPARED))}: name them by --scenario"
        )
    system.allow_every_file()
    # As Ctrl-C does, so that the folder and the processes go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            shop = stack.enter_context(open_shop())
            other = None if against is None else stack.enter_context(open_shop(against))
            for name in chosen:
                click.echo(f"{name} …", err=True)
                done = len(report.figures)
                SCENARIOS[name](Bench(shop, size, report, other))
                click.echo(table(report.figures[done:]) + "\n")
    except WorkerFailed as error:
        raise click.ClickException(str(error)) from error
    finally:
        if json_file is not None:
            report.keep(json_file)
    if plot_file is not None and "deliver" in report.raw:
        plot_file.write_text(plot(report.raw["deliver"]))


if __name__ == "__main__":
    main()
