"""`make load`: Locust's users against a demo of their own, or against one that runs."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from liveshop.cli.subprocesses import START_S_MAX, free_port, last_lines, spawn, stop
from loadtests.kit import system
from loadtests.kit.checkout import THIS
from loadtests.kit.shop import wait_until
from loadtests.kit.worker import WorkerFailed

_LOCUSTFILE: Final = Path(__file__).with_name("locustfile.py")


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--demo",
    "demo_json",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The `demo.json` of a demo that runs; without it one is started.",
)
@click.option("--shape", type=click.Choice(["ramp", "spike", "reconnect"]))
@click.option(
    "--html", default="load.html", show_default=True, help="Where Locust writes its report."
)
@click.argument("locust", nargs=-1, type=click.UNPROCESSED)
def main(demo_json: Path | None, shape: str | None, html: str, locust: tuple[str, ...]) -> None:
    """Run LOCUST's options, such as `--users 500 --run-time 2m --processes 2`, headless.

    Exits with 0 if every request went well, every viewer saw every event, every rid has one
    answer, and the audit is clean.
    """
    system.allow_every_file()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    environment = dict(os.environ)
    if shape is not None:
        environment["LOAD_SHAPE"] = shape
    try:
        if demo_json is not None:
            code = _run(demo_json, html, locust, environment)
        else:
            with _own_demo() as found:
                code = _run(found, html, locust, environment)
    except WorkerFailed as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The report: {html}")
    raise SystemExit(code)


def _run(demo_json: Path, html: str, locust: tuple[str, ...], environment: dict[str, str]) -> int:
    environment["LOAD_DEMO"] = str(demo_json.resolve())
    command = [sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--headless"]
    # A user that is told to stop may finish what it waits for.
    command += ["--html", html, "--only-summary", "--stop-timeout", "15"]
    command += ["--spawn-rate", "100", *locust]
    with subprocess.Popen(command, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            return process.wait()


@contextmanager
def _own_demo() -> Iterator[Path]:
    """Run a demo in a folder that goes with it; give its `demo.json`."""
    with tempfile.TemporaryDirectory(prefix="liveshop-load-") as name:
        folder, log = Path(name), Path(name) / "demo.log"
        arguments = ["demo", "--no-crowd", "--no-browser", "--data", name]
        process = spawn(
            [*THIS.liveshop, *arguments, "--port", str(free_port())],
            log=log,
            environment={
                "LIVESHOP_JOINS_PER_SECOND_MAX": "1000000",
                "LIVESHOP_CONNECTIONS_PER_ADDRESS_MAX": "1000000",
                "LIVESHOP_HTTP_CONNECTIONS_PER_ADDRESS_MAX": "10000",
            },
        )
        try:
            found = folder / "demo.json"
            wait_until(
                lambda: found.exists() or process.poll() is not None,
                lambda: f"the demo starts: {last_lines(log)}",
                2 * START_S_MAX,
            )
            if not found.exists():
                raise WorkerFailed(f"the demo does not start: {last_lines(log)}")
            yield found
        finally:
            stop(process, signal.SIGINT)


if __name__ == "__main__":
    main()
