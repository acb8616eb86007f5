"""Processes of the benchmark's own, which answer requests over a pipe and end with it."""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any, Self

from loadtests.kit import system

Handlers = Mapping[str, Callable[..., Any]]
_END_S_MAX = 5.0


class WorkerFailed(Exception):
    """A process of the benchmark did not do what it was asked; the message says what."""


class Worker:
    """A process on a core of its own or (None) on any; leave the `with` and it is gone."""

    def __init__(self, serve: Callable[..., None], core: int | None, *args: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(serve, theirs, core, *args), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Its loop ends with the pipe.
        self._pipe.close()
        self._process.join(_END_S_MAX)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process.pid is not None, "it was started"
        return self._process.pid

    def begin(self, request: str, *args: Any) -> None:
        """Ask for something; `end` waits for the answer."""
        self._pipe.send((request, args))

    def end(self, seconds: float = 60.0) -> Any:
        """Return the answer to the oldest request; raises WorkerFailed."""
        if not self._pipe.poll(seconds):
            raise WorkerFailed(f"no answer within {seconds:.0f} s")
        try:
            failed, answer = self._pipe.recv()
        except EOFError:
            raise WorkerFailed("the process has ended") from None
        if failed:
            raise WorkerFailed(answer)
        return answer

    def ask(self, request: str, *args: Any, seconds: float = 60.0) -> Any:
        """Ask for something and return the answer; raises WorkerFailed."""
        self.begin(request, *args)
        return self.end(seconds)


def answer_requests(
    pipe: Connection, handlers: Handlers, meanwhile: Callable[[], None] | None = None
) -> None:
    """Carry out requests until the other end of the pipe is closed.

    `meanwhile` is called again and again while there is none; it returns when one may be there.
    """
    while True:
        while meanwhile is not None and not pipe.poll():
            meanwhile()
        try:
            request, args = pipe.recv()
        except EOFError:
            return
        try:
            answer = (False, handlers[request](*args))
        except Exception as error:
            # It is raised again where it was asked for.
            answer = (True, f"{request}: {type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except BrokenPipeError:
            return  # nobody waits for it any longer


def _run(serve: Callable[..., None], pipe: Connection, core: int | None, *args: Any) -> None:
    system.ignore_interrupts()
    system.allow_every_file()
    if core is not None:
        os.sched_setaffinity(0, {core})
    serve(pipe, *args)
