"""`liveshop work`: run one worker."""

import logging
import signal
from typing import Final

import anyio
import click

from liveshop.cli.environment import read_settings
from liveshop.cli.logs import log_to
from liveshop.cli.node import PortTaken, listen
from liveshop.core.settings import Settings
from liveshop.features import FEATURES
from liveshop.worker.status import StatusPort
from liveshop.worker.worker import Worker, worker_database

_logger: Final = logging.getLogger(__name__)


@click.command()
def work() -> None:
    """Do until SIGTERM or SIGINT what must not run where viewers are served.

    Any number of workers may share the stores; nodes sell without one too. Reads
    LIVESHOP_POSTGRES_URL. Run `liveshop migrate` first.
    """
    settings = read_settings()
    log_to(logging.StreamHandler(), settings.log_level, settings.log_format)
    if settings.work_port:
        try:
            # It is free, and taken again in a moment.
            listen(settings.host, settings.work_port).close()
        except PortTaken as error:
            raise click.ClickException(f"{error} (LIVESHOP_HOST, LIVESHOP_WORK_PORT)") from error
    anyio.run(_work, settings, backend_options={"use_uvloop": True})


async def _work(settings: Settings) -> None:
    database = worker_database(settings)
    worker = Worker(settings, database, FEATURES)
    async with anyio.create_task_group() as stores:
        await stores.start(database.run)
        async with anyio.create_task_group() as companions:
            companions.start_soon(_stop_when_told, worker)
            if settings.work_port:
                port = StatusPort(lambda: worker.ready, worker.metrics.registry)
                companions.start_soon(port.serve, settings.host, settings.work_port)
            _logger.info("working")
            await worker.run()
            companions.cancel_scope.cancel()
        stores.cancel_scope.cancel()
    _logger.info("stopped")


async def _stop_when_told(worker: Worker) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            _logger.info("stopping: what is under way is finished")
            worker.stop()
