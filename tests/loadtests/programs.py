"""Runs the load tests' own programs, as from a shell."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PATIENCE_S = 240


def measure(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of `loadtests` to its end, whatever its exit code."""
    return subprocess.run(
        [sys.executable, "-m", f"loadtests.{module}", *arguments],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
