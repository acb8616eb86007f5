"""The attackers: a process of their own that gives way to the honest crowd."""

import asyncio
import contextlib
import os
import resource
import time
from multiprocessing.connection import Connection
from typing import Final

from loadtests.kit.worker import answer_requests
from tests.hostile.attacks import ATTACKS
from tests.hostile.attacks.ground import Attack, Ground, Told
from tests.hostile.victim import NICE, HostileShow

_FILES_BESIDE: Final = 1_500
_LATE_S: Final = 5


def serve(pipe: Connection) -> None:
    """Hold attacks as they are asked for, until the pipe ends."""
    os.nice(NICE - os.nice(0))

    def hold(
        name: str, port: int, show: HostileShow, others: tuple[str, ...], seconds: float
    ) -> Told:
        attack = ATTACKS[name]
        files_max = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _FILES_BESIDE
        until_s = time.monotonic() + seconds
        ground = Ground(attack.host, port, show, others, seconds, until_s, files_max)
        asyncio.run(_hold(attack, ground))
        return ground.told

    answer_requests(pipe, {"hold": hold})


async def _hold(attack: Attack, ground: Ground) -> None:
    # An attacker that waits for a node that has died does not wait for ever.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ground.seconds + _LATE_S):
            await attack.hold(ground)
