"""Work that is carried out to its end, even if its caller is cancelled."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup, TaskStatus

from liveshop.core.errors import Unavailable

T = TypeVar("T")


class Errands:
    """The tasks of an engine; `run` owns them all.

    A client that hangs up cancels its HTTP handler. If that cancelled a payment half way, only a
    crash's way of finishing it would be left.
    """

    def __init__(self) -> None:
        self._tasks: TaskGroup | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Carry out what is asked for, until cancelled."""
        async with anyio.create_task_group() as self._tasks:
            task_status.started()
            await anyio.sleep_forever()

    def start(self, work: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
        """Start a task; raises Unavailable before `run`."""
        if self._tasks is None:
            raise Unavailable()
        self._tasks.start_soon(work, *args)

    async def carry_out(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what work returns, or raise what it raises; a cancelled caller cancels nothing."""
        errand = _Errand(work)
        self.start(errand.run)
        return await errand.result()


class _Errand(Generic[T]):
    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._done = anyio.Event()
        self._failure: Exception | None = None
        self._result: list[T] = []

    async def run(self) -> None:
        try:
            self._result.append(await self._work())
        except Exception as failure:
            self._failure = failure
        finally:
            self._done.set()

    async def result(self) -> T:
        await self._done.wait()
        if self._failure is not None:
            raise self._failure
        if not self._result:
            raise Unavailable()
        return self._result[0]
