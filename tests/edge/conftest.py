"""The edge is tested on the loop that it runs on."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run the tests of this folder on uvloop, as `serve` does."""
    return {"uvloop": uvloop.new_event_loop}
