"""Voters: the same load as buyers, who choose in polls instead."""

import gc
import re
from multiprocessing.connection import Connection
from typing import Final

from loadtests.kit.frames import TEXT, client_frame
from loadtests.kit.worker import answer_requests
from loadtests.stampede.buyers import Buyers
from loadtests.stampede.rush import Rush

_VOTED: Final = re.compile(rb'\[\{"type":"voted","ref":(\d+),"poll":\d+,"choice":(\d+)\}')
CHOICES: Final = 2


class Voters(Buyers):
    """Each votes once in each poll; the `skus` of a rush are the polls, by their offsets.

    A vote is `confirmed` once it is answered by the choice that was made.
    """

    def prepare(self, rush: Rush) -> None:
        voters = len(self._sockets)
        assert rush.attempts == voters * len(rush.skus), "each votes once in each poll"
        super().prepare(rush)
        self._frames = [
            client_frame(
                TEXT,
                b'{"type":"vote","ref":%d,"poll":%d,"choice":%d}'
                % (self._first_ref + number, int(rush.skus[number // voters]), number % CHOICES),
            )
            for number in range(rush.attempts)
        ]

    def _note(self, fd: int, text: bytes, now_ns: int) -> None:
        voted = _VOTED.match(text)
        if voted is None:
            super()._note(fd, text, now_ns)
            return
        number = int(voted[1]) - self._first_ref
        if 0 <= number < len(self._frames):
            kept = int(voted[2]) == number % CHOICES
            self._resolve(fd, number, now_ns, "confirmed" if kept else "another choice")


def serve(pipe: Connection) -> None:
    """Be the load until the pipe is closed."""
    # Nothing here makes cycles, and a collection would look like a slow server.
    gc.disable()
    voters = Voters(pipe)
    answer_requests(pipe, voters.handlers(), voters.idle)
    voters.leave()
