"""Ends the process at a named place, as a kill would: for tests, and off unless a setting says so.

It stands in the lowest layer that does I/O, where stores and engine both reach it.
"""

import logging
import os
from collections.abc import Callable
from typing import Final, TypeAlias

from liveshop.core.failpoint import Failpoint

EXIT_CODE: Final = 86

_logger: Final = logging.getLogger(__name__)

Reach: TypeAlias = Callable[[Failpoint], None]


def pass_by(place: Failpoint) -> None:
    """Do nothing: no failpoint is armed."""


def reach(armed: str) -> Reach:
    """Return what is to be called at every place; at the armed one, if any, it does not return.

    The process ends with EXIT_CODE at once: nothing is flushed, finished or told.
    """
    if not armed:
        return pass_by
    _logger.warning("LIVESHOP_FAILPOINT is for tests: this process will end at %s", armed)

    def end_at(place: Failpoint) -> None:
        if place == armed:
            _logger.critical("reached %s: ending, as LIVESHOP_FAILPOINT says", place)
            os._exit(EXIT_CODE)

    return end_at
