"""How many may join in a second, and whose turn it is: by address first, then for all."""

from collections import OrderedDict

from liveshop.core import limits
from liveshop.core.rate import Bucket, Buckets

_SECOND_US = 1_000_000


class Turnstile:
    """Lets `per_second` through a second, and twice as many at once after a quiet second or two.

    The first half of what may come at once is anybody's. Of the second half, an address gets
    a share: half of it at once, and a quarter of the rate. A single address may use the whole
    rate, since what nobody uses fills the first half again.

    Each joiner who has to wait is given a turn. Addresses that stay within their share wait in
    one line, and every address beyond its share in a line of its own. While there are both, the
    shared line moves at three quarters of the rate and the others at one quarter together. If
    there were only one line, an address that knocks 10,000 times would make everybody wait.
    """

    __slots__ = (
        "_bucket",
        "_half",
        "_own_turns_us",
        "_per_second",
        "_pruned_us",
        "_share",
        "_shared_turn_us",
        "_shares",
    )

    def __init__(self, per_second: int, now_ms: int) -> None:
        self._bucket = Bucket(per_second, 2 * per_second, now_ms)
        self._half = per_second
        self._per_second = per_second
        # The share that each address may still take while there is a crowd.
        self._shares = Buckets(limits.TURNSTILE_ADDRESSES_MAX)
        self._share = max(1, per_second // 4), max(1, per_second // 2)
        # When the last turn of each line comes.
        self._shared_turn_us = now_ms * 1000
        self._own_turns_us: OrderedDict[str, int] = OrderedDict()
        self._pruned_us = now_ms * 1000

    def take_free_place(self, now_ms: int) -> bool:
        """Let anybody through and return True while there is no crowd, whatever the address."""
        return not self._bucket.take(now_ms, leaving=self._half)

    def admits(self, now_ms: int, address: str) -> bool:
        """Let a newcomer through if there is a place left, and it is within its address's share."""
        if self.take_free_place(now_ms):
            return True
        if self._shares.of(address, self._share, now_ms).take(now_ms):
            self._own_turns_us.setdefault(address, now_ms * 1000)
            return False
        self._own_turns_us.pop(address, None)
        return not self._bucket.take(now_ms)

    def take_in_turn_ms(self, now_ms: int, *, own_line: bool) -> int:
        """Let through someone whose turn has come and return 0, or in how many ms there is room.

        Places are taken in advance: newcomers, who find none left then, let those with a turn pass.
        If more turns come than there are places, those of the shared line go first.
        """
        ahead = self._per_second // 2 if own_line else 2 * self._per_second
        return self._bucket.take(now_ms, leaving=-ahead)

    def has_own_line(self, address: str) -> bool:
        """Whether an address was last seen beyond its share."""
        return address in self._own_turns_us

    def turn_ms(self, now_ms: int, address: str) -> int:
        """Return in how many ms a newcomer that `admits` refused is to come back."""
        now_us = now_ms * 1000
        step_us = _SECOND_US // self._per_second
        crowds = self._crowds(now_us)
        if self.has_own_line(address):
            step_us *= max(1, crowds) * (4 if self._shared_turn_us > now_us else 1)
            turn_us = max(self._own_turns_us[address], now_us) + step_us
            self._own_turns_us[address] = turn_us
        else:
            turn_us = max(self._shared_turn_us, now_us) + (step_us * 4 // 3 if crowds else step_us)
            self._shared_turn_us = turn_us
        return max(1, turn_us // 1000 - now_ms)

    def _crowds(self, now_us: int) -> int:
        """Return how many lines of single addresses there are, give or take a second."""
        if now_us >= self._pruned_us + _SECOND_US:
            self._pruned_us = now_us
            over = [address for address, at in self._own_turns_us.items() if at < now_us]
            for address in over:
                del self._own_turns_us[address]
        while len(self._own_turns_us) > limits.TURNSTILE_LINES_MAX:
            self._own_turns_us.popitem(last=False)
        return len(self._own_turns_us)
