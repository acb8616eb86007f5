"""Waiting for a condition that nobody announces, in a loop or in a thread."""

import inspect
import textwrap
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import anyio

# Both are generous: a machine that also does other work is slow, and no test has to tell it so.
WAIT_S: Final = 30
PROCESS_WAIT_S: Final = 60  # a process takes longer to start


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition in the loop; fail with its source after half a minute."""
    give_up_at_s = time.monotonic() + WAIT_S
    while not (last := condition()):
        assert time.monotonic() < give_up_at_s, in_vain(condition, last, WAIT_S)
        await anyio.sleep(0.005)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a condition without a loop; fail with its source after a minute."""
    give_up_at_s = time.monotonic() + PROCESS_WAIT_S
    while not (last := condition()):
        assert time.monotonic() < give_up_at_s, in_vain(condition, last, PROCESS_WAIT_S)
        time.sleep(0.02)


def in_vain(condition: Callable[[], object], last: object, waited_s: int) -> str:
    """Return what to say of a condition that has not come."""
    return f"waited {waited_s} s in vain, the last answer was {last!r}:\n{_source(condition)}"


def _source(condition: Callable[[], object]) -> str:
    """Return the lines that define a condition, or its name if there are none to read."""
    whole: Any = condition.func if isinstance(condition, partial) else condition
    try:
        return textwrap.dedent(inspect.getsource(whole)).rstrip()
    except (OSError, TypeError):
        return repr(condition)
