"""How much that does not hold an address may show: tokens, keys, and ids of sessions."""

from collections.abc import Callable

from liveshop.core import limits
from liveshop.core.claims import Grant
from liveshop.core.errors import RateLimited, Unauthorized
from liveshop.core.rate import Buckets
from liveshop.edge.tokens import Tokens


class Guesses:
    """Counts what does not hold, by address, before more of it is looked at.

    To verify a signature takes a tenth of a millisecond, and to look a key up takes a query. If
    both came before the count, a flood of made-up ones would cost as much as one of good ones.
    """

    def __init__(
        self,
        now_ms: Callable[[], int],
        rate: Callable[[], tuple[int, int]] = lambda: limits.GUESSES_RATE,
    ) -> None:
        """Take any clock that never goes back, and a rate: (a second, burst)."""
        self._now_ms = now_ms
        self._rate = rate
        self._buckets = Buckets(limits.HTTP_CALLERS_KEPT_MAX)

    def require_room(self, address: str) -> None:
        """Raise RateLimited if an address has guessed too often."""
        bucket = self._buckets.get(address)
        if bucket is not None:
            _require(bucket.take(self._now_ms(), 0, leaving=1))

    def take(self, address: str) -> None:
        """Count a guess; raises RateLimited if there are too many."""
        now_ms = self._now_ms()
        _require(self._buckets.of(address, self._rate(), now_ms).take(now_ms))

    def give_back(self, address: str) -> None:
        """Forget the guess counted last, which was none."""
        bucket = self._buckets.get(address)
        if bucket is not None:
            bucket.give_back()

    def read(self, tokens: Tokens, token: str, address: str) -> Grant:
        """Read a token; raises Unauthorized, or RateLimited before it is verified.

        A token that held a while ago is not verified again, so that its bearer gets in while
        somebody at the same address guesses.
        """
        grant = tokens.recall(token)
        if grant is not None:
            return grant
        self.require_room(address)
        try:
            return tokens.read(token)
        except Unauthorized:
            self.take(address)
            raise


def _require(retry_after_ms: int) -> None:
    if retry_after_ms:
        raise RateLimited(retry_after_ms=retry_after_ms)
