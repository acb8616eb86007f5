"""Python runs this first where PYTHONPATH names its folder: a machine whose clock is wrong.

It is CLOCK_SHIFT_S ahead, and each SIGUSR1 makes it jump to as much behind, or back.
"""

import os
import signal
import time

_shift_s = int(os.environ["CLOCK_SHIFT_S"])
_time, _time_ns = time.time, time.time_ns


def _jump(*_: object) -> None:
    global _shift_s
    _shift_s = -_shift_s


time.time = lambda: _time() + _shift_s
time.time_ns = lambda: _time_ns() + _shift_s * 1_000_000_000
signal.signal(signal.SIGUSR1, _jump)
