"""`liveshop serve`, as it is, in a process that can be measured.

SIGUSR2 makes it collect its garbage, and others of our processes may duplicate its descriptors.
"""

import contextlib
import ctypes
import gc
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from liveshop.cli.commands import main

_PR_SET_PTRACER: Final = 0x59616D61
_PR_SET_PTRACER_ANY: Final = ctypes.c_ulong(-1)


def _collect(number: int, frame: FrameType | None) -> None:
    gc.collect()
    Path(sys.argv[1]).touch()


if __name__ == "__main__":
    with contextlib.suppress(AttributeError):
        # Only where the Yama module would forbid it; else the kernel does not know the call.
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _PR_SET_PTRACER_ANY, 0, 0, 0)
    signal.signal(signal.SIGUSR2, _collect)
    main(["serve"], prog_name="liveshop")
