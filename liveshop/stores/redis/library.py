"""The Lua function library: versioned by its content, loaded and never replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

from liveshop.core import limits
from liveshop.stores.redis.link import ErrorReply, FunctionMissing, RedisLink

# In the order in which they build on one another.
_FILES = (
    *("session", "pace", "records", "charges", "ended", "copies", "reserve", "takes"),
    *("orders", "rebuild", "live"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerLimits:
    """How much of Redis one buyer may take in one session, and how fast.

    They are constants of the functions, since an argument would be read again with every call.
    """

    past_max: int = limits.BUYER_PAST_MAX
    void_max: int = limits.BUYER_VOID_MAX
    rate: tuple[int, int] = limits.BUYER_RATE

    def lua(self) -> str:
        """Return the line of Lua that defines them."""
        per_second, burst = self.rate
        return (
            "local BUYER_PAST_MAX, BUYER_VOID_MAX, BUYER_RATE, BUYER_BURST = "
            f"{self.past_max}, {self.void_max}, {per_second}, {burst}\n"
        )


class FunctionLibrary:
    """Functions as Redis knows them: each name carries the version.

    Two releases with different functions live side by side in one server; an old library may be
    deleted (`FUNCTION DELETE`) once no node of its release is left. In `body`, PREFIX is the
    beginning of each function's name.
    """

    def __init__(self, name: str, body: str) -> None:
        version = sha256(body.encode()).hexdigest()[:12]
        self.name = f"{name}_{version}"
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
        timeout_ms: int = limits.REDIS_CALL_MS_MAX,
    ) -> Any:
        """Call a function; a server that does not have the library is given it first.

        A missing library may mean that Redis has lost its data. It is for the function to find
        that out: it compares epoch and run id.
        """
        link = link.at(keys[0])
        command = ("FCALL", f"{self.name}_{name}", len(keys), *keys, *args)
        try:
            return await link.call(*command, timeout_ms=timeout_ms)
        except FunctionMissing:
            await self.load(link)
            return await link.call(*command, timeout_ms=timeout_ms)


class Library(FunctionLibrary):
    """The functions of the kernel: units, chat and gauges."""

    def __init__(self, buyer: BuyerLimits = BuyerLimits()) -> None:
        folder = files("liveshop.stores.redis") / "lua"
        body = buyer.lua() + "\n".join(
            (folder / f"{name}.lua").read_text("utf-8") for name in _FILES
        )
        super().__init__("liveshop", body)
