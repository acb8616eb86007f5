"""How often the viewers of one address may tap something that is only counted."""

from liveshop.core import limits
from liveshop.core.errors import RateLimited
from liveshop.core.rate import Buckets
from liveshop.engine.fanout.mailbox import Asker


class Taps:
    """Bounds what each address adds to a number, over all its connections to a node."""

    def __init__(self) -> None:
        self._buckets = Buckets(limits.ADDRESSES_NOTED_MAX)

    def admit(self, asker: Asker, now_ms: int) -> None:
        """Count a tap; raises RateLimited for one too many of its address."""
        address = "" if asker.viewer is None else asker.viewer.address
        if address:
            bucket = self._buckets.of(address, limits.TAPS_OF_ADDRESS_RATE, now_ms)
            wait_ms = bucket.take(now_ms)
            if wait_ms:
                raise RateLimited(retry_after_ms=wait_ms)
