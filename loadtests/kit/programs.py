"""Runs liveshop's own program, of this copy of the code, as from a shell."""

import os
import subprocess
import sys
from typing import Final

from liveshop.core.settings import PREFIX

LIVESHOP: Final = (sys.executable, "-c", "from liveshop.cli.commands import main; main()")
_AUDIT_S_MAX: Final = 600.0


def audit(redis_url: str, postgres_url: str) -> tuple[bool, str]:
    """Run `liveshop audit` on stores; return whether every promise is kept, and what it says.

    It is told of these stores alone: what is set in our environment is meant for others.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    stores = {f"{PREFIX}REDIS_URL": redis_url, f"{PREFIX}POSTGRES_URL": postgres_url}
    done = subprocess.run(
        [*LIVESHOP, "audit"],
        env=others | stores,
        capture_output=True,
        text=True,
        timeout=_AUDIT_S_MAX,
        check=False,
    )
    return done.returncode == 0, done.stdout.strip() or done.stderr.strip()
