"""The files of uploads: in one folder of all nodes, or in S3."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeVar
from uuid import uuid4

from anyio import to_thread

from liveshop.core.errors import Unavailable
from liveshop.features.media.limits import FILE_BYTES_MAX
from liveshop.features.media.rules import NAMES

Made = TypeVar("Made")

# Written last and deleted first: where it is, the others are.
LAST: Final = NAMES[-1]


class Files(Protocol):
    """A place of uploads' files. Each method raises Unavailable where the place is away."""

    async def put(self, upload_id: str, files: Mapping[str, bytes]) -> None:
        """Store all files of an upload, by name, durably; may be repeated."""

    async def get(self, upload_id: str, name: str) -> bytes | None:
        """Return a file, None where there is none."""

    async def has(self, upload_id: str) -> bool:
        """Whether all files of an upload are there."""

    async def delete(self, upload_id: str) -> None:
        """Delete all files of an upload; may be repeated."""


class Folder:
    """Uploads in a folder that all nodes share: `FOLDER/ab/abcd…/640.webp`.

    Ids and names are checked by whoever asks: no path is made of anything else.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    async def put(self, upload_id: str, files: Mapping[str, bytes]) -> None:
        """Write each file under another name, then move it to its own: nobody reads half of one."""

        def write() -> None:
            home = self._home(upload_id)
            home.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                draft = home / f".{uuid4().hex}"
                try:
                    _write_durably(draft, data)
                    draft.replace(home / name)
                finally:
                    draft.unlink(missing_ok=True)
            _sync(home)

        await self._in_thread(write)

    async def get(self, upload_id: str, name: str) -> bytes | None:
        """Read a file."""
        path = self._home(upload_id) / name

        def read() -> bytes | None:
            try:
                with path.open("rb") as file:
                    return file.read(FILE_BYTES_MAX)
            except FileNotFoundError:
                return None

        return await self._in_thread(read)

    async def has(self, upload_id: str) -> bool:
        """Look for the file that is written last."""
        return await self._in_thread((self._home(upload_id) / LAST).exists)

    async def delete(self, upload_id: str) -> None:
        """Delete the files, and the folder that is empty then."""
        home = self._home(upload_id)

        def delete() -> None:
            for name in reversed(NAMES):
                (home / name).unlink(missing_ok=True)
            # One that a node wrote in its last moment may still be there, and stays.
            if home.exists() and not any(home.iterdir()):
                home.rmdir()

        await self._in_thread(delete)

    def _home(self, upload_id: str) -> Path:
        return self._folder / upload_id[:2] / upload_id

    async def _in_thread(self, work: Callable[[], Made]) -> Made:
        try:
            return await to_thread.run_sync(work)
        except OSError as exc:
            raise Unavailable(
                "the folder of uploads cannot be used: is LIVESHOP_MEDIA_FOLDER set to one that"
                " the server may write to?"
            ) from exc


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder as durable as the files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
