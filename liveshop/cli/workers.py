"""Several nodes on one port: starts them, starts another for one that dies, passes signals on."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from liveshop.cli.subprocesses import die_with_parent
from liveshop.engine.metrics import WORKERS_FOLDER, forget_worker

_COMMAND: Final = (sys.executable, "-m", "liveshop.cli.commands", "serve", "--worker")
_LOOK_S: Final = 0.1
# One that dies sooner does so for a reason that has not gone yet.
_YOUNG_S: Final = 5.0
_PAUSE_S: Final = 1.0

_logger: Final = logging.getLogger(__name__)


def supervise(count: int, stop_s_max: float) -> int:
    """Keep `count` workers until SIGTERM or SIGINT; return the exit code, 0 if theirs were."""
    with tempfile.TemporaryDirectory(prefix="liveshop-metrics-") as folder:
        return _Supervisor(count, folder, stop_s_max).run()


@dataclass(frozen=True, slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)


class _Supervisor:
    """Does as little as it can, so that it does not die itself: workers die with it."""

    def __init__(self, count: int, folder: str, stop_s_max: float) -> None:
        self._count = count
        self._folder = folder
        self._stop_s_max = stop_s_max
        self._workers: list[_Worker] = []
        self._start_at = 0.0
        self._signals: list[int] = []
        self._stop_by: float | None = None
        self._exit_code = 0

    def run(self) -> int:
        """Keep the workers, until a signal and the end of the last of them."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._note)
        while self._stop_by is None or self._workers:
            self._pass_signals_on()
            self._bury()
            self._fill_up()
            time.sleep(_LOOK_S)
        return self._exit_code

    def _note(self, number: int, frame: FrameType | None) -> None:
        # Only noted: it may come between the start of a worker and our knowing it.
        self._signals.append(number)

    def _pass_signals_on(self) -> None:
        noted, self._signals = self._signals, []
        for number in noted:
            self._stop_by = self._stop_by or time.monotonic() + self._stop_s_max
            for worker in self._workers:
                worker.process.send_signal(number)

    def _fill_up(self) -> None:
        if self._stop_by is not None or time.monotonic() < self._start_at:
            return
        while len(self._workers) < self._count:
            self._workers.append(_Worker(self._start()))

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches only us, and we pass it on.
        return subprocess.Popen(
            _COMMAND,
            env={**os.environ, WORKERS_FOLDER: self._folder},
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid(), signal.SIGTERM),
        )

    def _bury(self) -> None:
        now = time.monotonic()
        for worker in tuple(self._workers):
            pid, code = worker.process.pid, worker.process.poll()
            if code is None:
                if self._stop_by is not None and now >= self._stop_by:
                    worker.process.kill()
                continue
            self._workers.remove(worker)
            forget_worker(pid, self._folder)
            if self._stop_by is None:
                _logger.warning("worker %d ended with %d; another follows", pid, code)
                if now - worker.started < _YOUNG_S:
                    self._start_at = now + _PAUSE_S
            elif code not in (0, -signal.SIGTERM):  # that one was not up yet
                self._exit_code = 1
