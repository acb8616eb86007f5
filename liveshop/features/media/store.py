"""Uploads: a stranger's bytes into a picture of a shop, once for all times that they are sent."""

from collections.abc import AsyncIterable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import anyio

from liveshop.core.errors import BadRequest, Unavailable
from liveshop.features.media import limits
from liveshop.features.media.rules import Upload
from liveshop.features.media.store_files import Files
from liveshop.features.media.store_kept import KeptFiles
from liveshop.features.media.store_reader import Drawing
from liveshop.features.media.store_rows import UploadRows
from liveshop.stores.fair_turns import FairTurns


@dataclass(frozen=True, slots=True)
class Added:
    """An upload, and whether it was made by this call."""

    upload: Upload
    made: bool


class Uploads:
    """A node's uploads: each drawn in a turn of its shop, within UPLOAD_MS_MAX."""

    def __init__(
        self,
        rows: UploadRows,
        files: Files,
        now_ms: Callable[[], int],
        *,
        within_ms: int = limits.UPLOAD_MS_MAX,
        draw: Callable[[], Drawing] = Drawing,
    ) -> None:
        self._rows = rows
        self._files = files
        self._now_ms = now_ms
        self._within_ms = within_ms
        self._draw = draw
        self.kept: Final = KeptFiles(files)
        self._drawing = anyio.Semaphore(limits.PICTURES_DRAWN_AT_ONCE_MAX)
        self._turns = FairTurns(
            of_all_max=limits.UPLOADS_AT_ONCE_MAX,
            of_shop_max=limits.UPLOADS_OF_SHOP_AT_ONCE_MAX,
            waiting_max=limits.UPLOADS_WAITING_MAX,
            wait_ms=limits.UPLOAD_WAIT_MS_MAX,
        )

    async def add(self, chunks: AsyncIterable[bytes], shop: str | None) -> Added:
        """Take a picture of a shop, or of none; the same bytes again are the same upload.

        Raises BadRequest if it is none that is taken, LimitReached if the shop has too many, Busy
        if no turn comes in time, and Unavailable while a store is away: nothing is kept then.
        """
        async with self._turns.turn(shop):
            with anyio.move_on_after(self._within_ms / 1000):
                return await self._add(chunks, shop)
        raise BadRequest(
            f"an upload may take {self._within_ms // 1000} s: send a smaller picture,"
            " or over a better line"
        )

    async def remove(self, upload_id: str) -> None:
        """Delete an upload and its files; raises NotFound, and Conflict while it is in use.

        A browser, or a proxy, that has a file keeps it.
        """
        async with self._rows.removing(upload_id):
            with _in_time():
                await self._files.delete(upload_id)
        self.kept.forget(upload_id)

    async def _add(self, chunks: AsyncIterable[bytes], shop: str | None) -> Added:
        async with self._draw() as drawing:
            upload_id = await drawing.send(chunks, shop)
            found = await self._rows.find(upload_id)
            # Its files are gone if a node died while it deleted them: then they are stored again.
            if found is not None and await self._files.has(upload_id):
                return Added(found, made=False)
            async with self._drawing:
                drawn, files = await drawing.files()
        upload = Upload(
            upload_id=upload_id,
            shop=shop,
            created_at_ms=self._now_ms(),
            format=drawn.format,
            width=drawn.width,
            height=drawn.height,
            renditions=drawn.renditions,
        )
        names = [each.name for each in drawn.renditions]
        async with self._rows.adding(upload) as made:
            with _in_time():
                await self._files.put(upload_id, dict(zip(names, files, strict=True)))
        self.kept.forget(upload_id)
        return Added(upload if made or found is None else found, made)


@contextmanager
def _in_time() -> Iterator[None]:
    """Give a block up in time: its transaction would be ended by PostgreSQL, and its row kept."""
    try:
        with anyio.fail_after(limits.STORE_MS_MAX / 1000):
            yield
    except TimeoutError:
        raise Unavailable("uploads cannot be stored at the moment, try again") from None
