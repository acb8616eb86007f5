"""The kernel's figures about processes and about this machine."""

import os
import platform
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

FILES_BESIDE_VIEWERS: Final = 200
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_CPUCLOCK_SCHED: Final = 2


def cpu_ns(pid: int) -> int:
    """Return the CPU time of all threads of a process, to the nanosecond."""
    # The process's own clock, numbered as in the kernel's posix-timers.h: unlike the fields of
    # /proc/<pid>/stat it has no ticks, and unlike schedstat it is right while the process runs.
    return time.clock_gettime_ns((~pid << 3) | _CPUCLOCK_SCHED)


def busy_and_all_ticks() -> tuple[int, int]:
    """Return the time that the cores of this machine have worked, and all there was, in ticks."""
    user, nice, system, idle, waiting, *others = (
        int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    busy = user + nice + system + sum(others[:2])
    return busy, busy + idle + waiting + sum(others[2:])


def tree_cpu_ns(pid: int) -> int:
    """Return the CPU time of a process and of its children that live."""
    total = cpu_ns(pid)
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError):  # it has ended meanwhile
            total += cpu_ns(int(child))
    return total


def rss_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def descriptors(pid: int) -> int:
    """Return how many descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def tcp_buffer_bytes() -> int:
    """Return the kernel's memory in TCP buffers, of every socket on this machine."""
    return _tcp("mem") * _PAGE


def tcp_orphans() -> int:
    """Return how many sockets nobody holds any longer, but the kernel has not let go of."""
    return _tcp("orphan")


def _tcp(name: str) -> int:
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            words = line.split()
            return int(words[words.index(name) + 1])
    raise ValueError("/proc/net/sockstat has no line of TCP")


def slab_bytes() -> int:
    """Return the kernel's memory in objects, the sockets of both ends among them."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            return int(line.split()[1]) * 1024
    raise ValueError("/proc/meminfo has no line of Slab")


def cores() -> tuple[int, int]:
    """Return the core of the servers and that of the load; one and the same if there is one."""
    ours = sorted(os.sched_getaffinity(0))
    return ours[0], ours[-1]


def viewers_max() -> int:
    """Return how many connections one process may have here."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] - FILES_BESIDE_VIEWERS


def allow_every_file() -> None:
    """Let this process open as many files as it may allow itself."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def take_lowest_priority() -> None:
    """Let this process have a core only while no other wants it."""
    os.nice(19)
    with suppress(OSError):
        os.setsid()  # a leader of a session has one already
    with suppress(OSError):  # where sessions have no priority of their own
        Path("/proc/self/autogroup").write_text("19")


def ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def machine() -> dict[str, Any]:
    """Describe this machine for whoever reads the figures later."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
    }
