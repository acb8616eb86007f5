"""The Lua function library: versioned by its content, loaded and never replaced."""

from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

from liveshop.core.limits import REDIS_CALL_MS_MAX
from liveshop.stores.redis.link import ErrorReply, FunctionMissing, RedisLink

# In the order in which they build on one another.
_FILES = ("session", "records", "copies", "reserve", "orders", "rebuild", "live")


class Library:
    """The functions as Redis knows them: each name carries the version.

    Two releases with different functions live side by side in one server; an old library may be
    deleted (`FUNCTION DELETE`) once no node of its release is left.
    """

    def __init__(self) -> None:
        folder = files("liveshop.stores.redis") / "lua"
        body = "\n".join((folder / f"{name}.lua").read_text("utf-8") for name in _FILES)
        version = sha256(body.encode()).hexdigest()[:12]
        self.name = f"liveshop_{version}"
        self.code = f"#!lua name={self.name}\nlocal PREFIX = '{self.name}_'\n{body}"

    async def load(self, link: RedisLink) -> None:
        """Give the server the functions; it may have them already."""
        try:
            await link.call("FUNCTION", "LOAD", self.code)
        except ErrorReply as exc:
            if "already exists" not in exc.text:
                raise

    async def call(
        self,
        link: RedisLink,
        name: str,
        keys: Sequence[str],
        *args: str | bytes | int,
        timeout_ms: int = REDIS_CALL_MS_MAX,
    ) -> Any:
        """Call a function; a server that does not have the library is given it first.

        What a missing library may mean, that Redis has lost its data, is for the function to
        find out: it compares epoch and run id.
        """
        link = link.at(keys[0])
        command = ("FCALL", f"{self.name}_{name}", len(keys), *keys, *args)
        try:
            return await link.call(*command, timeout_ms=timeout_ms)
        except FunctionMissing:
            await self.load(link)
            return await link.call(*command, timeout_ms=timeout_ms)
