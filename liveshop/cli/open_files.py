"""How many connections the system lets this process have."""

import resource
from typing import Final

_BESIDE_CONNECTIONS: Final = 100


def allow_open_files(connections: int) -> int:
    """Raise our soft limit as far as needed and allowed; return what it leaves for connections."""
    wanted = connections + _BESIDE_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    return max(0, (wanted if soft == resource.RLIM_INFINITY else soft) - _BESIDE_CONNECTIONS)
