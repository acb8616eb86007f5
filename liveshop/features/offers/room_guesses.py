"""How often codes may be guessed: by a viewer, and by all viewers of an address."""

from typing import Final

from liveshop.core.errors import RateLimited
from liveshop.core.limits import ADDRESSES_NOTED_MAX
from liveshop.core.rate import Bucket, Buckets
from liveshop.features.offers.limits import GUESSES_OF_ADDRESS, GUESSES_OF_VIEWER

# A bucket counts tokens a second: told the minutes as seconds, it counts them a minute.
_MINUTE: Final = 60


class Guesses:
    """Counts what names no offer, in a session on a node."""

    def __init__(self) -> None:
        self._viewers = Buckets(ADDRESSES_NOTED_MAX)
        self._addresses = Buckets(ADDRESSES_NOTED_MAX)

    def require_room(self, viewer: str, address: str, now_ms: int) -> None:
        """Raise RateLimited for one who has guessed too often; nothing is looked up then."""
        for bucket in (self._viewers.get(viewer), self._addresses.get(address)):
            if bucket is not None:
                _require(bucket.take(now_ms // _MINUTE, 0, leaving=1))

    def note(self, viewer: str, address: str, now_ms: int) -> None:
        """Count a guess that named nothing."""
        for bucket in self._of(viewer, address, now_ms):
            bucket.take(now_ms // _MINUTE)

    def _of(self, viewer: str, address: str, now_ms: int) -> list[Bucket]:
        buckets = [self._viewers.of(viewer, GUESSES_OF_VIEWER, now_ms // _MINUTE)]
        if address:
            buckets.append(self._addresses.of(address, GUESSES_OF_ADDRESS, now_ms // _MINUTE))
        return buckets


def _require(wait: int) -> None:
    if wait:
        raise RateLimited(retry_after_ms=wait * _MINUTE)
