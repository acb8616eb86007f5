"""The files of uploads that a node has sent lately, in its memory."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import anyio

from liveshop.core.errors import LiveshopError
from liveshop.features.media import limits
from liveshop.features.media.store_files import Files

_Key = tuple[str, str]


class _Kept(NamedTuple):
    data: bytes
    until_s: float


@dataclass(eq=False, slots=True)
class _Reading:
    """A file that is being read, and what came of it once that is `done`."""

    done: anyio.Event = field(default_factory=anyio.Event)
    missing: bool = False
    failure: LiveshopError | None = None


class KeptFiles:
    """Files of uploads by memory, then from their place; each is read once, whoever asks for it.

    At the start of a show thousands ask for the same few pictures in the same second.
    """

    def __init__(self, files: Files, now_s: Callable[[], float] = anyio.current_time) -> None:
        self._files = files
        self._now_s = now_s
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._bytes = 0
        self._reading: dict[_Key, _Reading] = {}

    def recall(self, upload_id: str, name: str) -> bytes | None:
        """Return a file from memory, None if it is not there."""
        key = upload_id, name
        kept = self._kept.get(key)
        if kept is None or self._now_s() >= kept.until_s:
            return None
        self._kept.move_to_end(key)
        return kept.data

    async def get(self, upload_id: str, name: str) -> bytes | None:
        """Return a file, None where there is none; raises Unavailable if its place is away."""
        key = upload_id, name
        while (data := self.recall(upload_id, name)) is None:
            under_way = self._reading.get(key)
            if under_way is None:
                return await self._read(key)
            await under_way.done.wait()
            # All who wait are told the same: one after the other they would ask a place that is
            # away for minutes. If the reader hung up nothing is known, and the next one reads.
            if under_way.failure is not None:
                raise under_way.failure
            if under_way.missing:
                return None
        return data

    def forget(self, upload_id: str) -> None:
        """Keep none of an upload's files."""
        for key in [each for each in self._kept if each[0] == upload_id]:
            self._drop(key)

    async def _read(self, key: _Key) -> bytes | None:
        reading = self._reading[key] = _Reading()
        try:
            data = await self._files.get(*key)
            if data is None:
                reading.missing = True
            else:
                self._keep(key, data)
            return data
        except LiveshopError as failure:
            reading.failure = failure
            raise
        finally:
            del self._reading[key]
            reading.done.set()

    def _keep(self, key: _Key, data: bytes) -> None:
        if key in self._kept:
            self._drop(key)
        self._kept[key] = _Kept(data, self._now_s() + limits.FILE_KEPT_MS / 1000)
        self._bytes += len(data)
        while self._bytes > limits.FILES_KEPT_BYTES_MAX:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: _Key) -> None:
        self._bytes -= len(self._kept.pop(key).data)
