"""How fast a queue moves: nanoseconds an item, smoothed, from what its batches took."""

from typing import Final

from liveshop.core.limits import PACE_BATCHES_MIN, PACE_KEPT_MS

_KEPT_NS: Final = PACE_KEPT_MS * 1_000_000
_SMOOTHING_BITS: Final = 3  # a new batch counts for an eighth


class Pace:
    """Measures a part that takes items in batches, perhaps several at once; it is told the time.

    By Little's law an item waits for as many departures as there are items ahead of it. The time
    between two departures is evidence while others wait. A batch that left nobody waiting may have
    idled before. It can only make the estimate better, and thereby ends the effect of an outlier on
    a short queue. Before `PACE_BATCHES_MIN` full batches nothing is known, or a cold start would
    refuse buyers by what its first, slow call took.
    """

    __slots__ = ("_batches", "_begun_ns", "_item_ns", "_left_ns")

    def __init__(self) -> None:
        self._batches = 0
        self._item_ns = 0
        self._left_ns = 0
        self._begun_ns = 0

    def begin(self, now_ns: int) -> None:
        """Note that work begins where none was under way."""
        self._begun_ns = now_ns

    def done(self, items: int, *, since_ns: int, now_ns: int, full: bool) -> None:
        """Note that a batch has left, whose first item is here `since_ns`.

        `full` says that others had to wait for the next one.
        """
        if since_ns - self._left_ns > _KEPT_NS:
            self._batches = 0  # what was known is of another time
        sample_ns = (now_ns - max(self._left_ns, since_ns)) // items
        self._left_ns = now_ns
        if not full:
            self._item_ns = min(self._item_ns, sample_ns)
            return
        self._batches += 1
        if self._batches <= PACE_BATCHES_MIN:
            self._item_ns += (sample_ns - self._item_ns) // self._batches
        else:
            self._item_ns += (sample_ns - self._item_ns) >> _SMOOTHING_BITS

    @property
    def item_ns(self) -> int:
        """How long one item takes; 0 while that is not known."""
        return self._item_ns if self._batches >= PACE_BATCHES_MIN else 0

    def wait_ns(self, ahead: int, now_ns: int) -> int:
        """Return how long the last of so many items under way is expected to stay.

        If nothing has left for a while, nothing is expected to leave for as long again. Thereby a
        store that hangs is noticed before its call returns.
        """
        if not ahead:
            return 0
        return ahead * self.item_ns + now_ns - max(self._left_ns, self._begun_ns)
