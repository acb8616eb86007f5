"""The parent's side of the process that draws a picture."""

import logging
import signal
from collections.abc import AsyncIterable, Sequence
from hashlib import sha256
from typing import Final

import anyio

from liveshop.core.errors import BadRequest, InternalError
from liveshop.features.media import limits
from liveshop.features.media.rules import Drawn, drawn_of
from liveshop.stores.child import Child, command_of

_COMMAND: Final = command_of("liveshop.features.media.store_process")
# As long as the digest of 32 figures that an upload is called by.
_ID_BYTES: Final = 16

_logger: Final = logging.getLogger(__name__)


class Drawing:
    """A picture on its way into a process of its own, and its files on their way out.

    A thread would not do: a decoder may hold the interpreter's lock, and may take all memory that
    there is. Leave the `async with`, and the process has ended.
    """

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._child = Child(command)

    async def __aenter__(self) -> "Drawing":
        await self._child.__aenter__()
        return self

    async def __aexit__(self, *why: object) -> None:
        await self._child.__aexit__(None, None, None)

    async def send(self, chunks: AsyncIterable[bytes], shop: str | None) -> str:
        """Send a file; return the id of the upload, which is the digest of its shop and bytes.

        A shop's uploads are its own: another one's host finds out nothing about them by uploading
        the same, and none goes when somebody else deletes the same picture.
        """
        digest = sha256(f"{shop or ''}\0".encode())
        takes = True
        async for chunk in chunks:
            digest.update(chunk)
            takes = takes and await self._child.send(chunk)
        return digest.digest()[:_ID_BYTES].hex()

    async def files(self) -> tuple[Drawn, list[bytes]]:
        """Return what became of the file, once it was sent: BadRequest if it is no picture."""
        self._child.send_end()
        said = bytearray()
        with anyio.move_on_after(limits.PICTURE_MS_MAX / 1000):
            while chunk := await self._child.receive():
                said += chunk
                if len(said) > limits.PICTURE_ANSWER_BYTES_MAX:
                    raise BadRequest("the picture is too large once it is drawn: make it smaller")
            return await self._read(bytes(said))
        raise _SLOW

    async def _read(self, said: bytes) -> tuple[Drawn, list[bytes]]:
        code = await self._child.ended()
        if code:
            raise _why_ended(code)
        line, _, rest = said.partition(b"\n")
        drawn = drawn_of(line)
        if drawn.refusal is not None:
            raise BadRequest(drawn.refusal)
        files, at = [], 0
        for each in drawn.renditions:
            files.append(rest[at : at + each.bytes])
            at += each.bytes
        return drawn, files


_SLOW: Final = BadRequest("the picture takes too long to draw: make it smaller")


def _why_ended(code: int) -> Exception:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        # Either is the end of its time; the second is also how a machine without memory ends it.
        return BadRequest("the picture takes too long to draw, or too much memory: make it smaller")
    _logger.error("the process that draws a picture ended with %s", code)
    if code < 0:
        # A signal that a decoder's bug ends in: the file is at fault, and no other is touched.
        return BadRequest("the picture cannot be read: it is damaged")
    return InternalError()
