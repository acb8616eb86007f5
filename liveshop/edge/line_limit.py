"""How many lines a second strangers can bring into the log."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, NamedTuple

from liveshop.core import limits

_SECOND_MS: Final = 1_000
_HOUR_MS: Final = 3_600_000

# The loggers to which strangers bring lines, and the levels of these: our own bugs that a message
# meets, with their tracebacks, and the libraries' words for bytes that they cannot read. Lines
# that only operators and stores cause are on other loggers, or of other levels.
_LOGGERS: Final[dict[str, tuple[int, ...]]] = {
    "asyncio": (logging.WARNING, logging.ERROR),
    "uvicorn.error": (logging.WARNING, logging.ERROR),
    "liveshop.edge.gateway": (logging.INFO, logging.ERROR),
    "liveshop.edge.intake": (logging.ERROR,),
    "liveshop.edge.viewer_socket": (logging.ERROR,),
    "liveshop.edge.websocket": (logging.ERROR,),
    "liveshop.edge.wheel": (logging.ERROR,),
    "liveshop.session": (logging.ERROR,),
}
# Each request of a proxy would repeat this line, so it is logged once.
_HOURLY: Final[dict[str, tuple[int, ...]]] = {"liveshop.edge.clients": (logging.WARNING,)}


class _Kind(NamedTuple):
    """Lines of one place in the code: how many were let through since when, and how many not."""

    since_ms: int
    passed: int
    suppressed: int


class LineLimit(logging.Filter):
    """Lets `lines` lines of a kind through in `window_ms`; the next one counts those that it held.

    Lines of one kind come from one place in the code with one text; their arguments differ. It
    looks at some levels only.
    """

    def __init__(
        self, levels: tuple[int, ...], lines: int, window_ms: int, now_ms: Callable[[], int]
    ) -> None:
        super().__init__()
        self._levels = levels
        self._lines = lines
        self._window_ms = window_ms
        self._now_ms = now_ms
        self._kinds: dict[object, _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True if a line may be written."""
        if record.levelno not in self._levels:
            return True
        name = _kind_of(record)
        if name not in self._kinds and len(self._kinds) >= limits.LOG_KINDS_MAX:
            name = None  # texts that are made up for each line share one limit
        now_ms = self._now_ms()
        kind = self._kinds.get(name, _Kind(now_ms, 0, 0))
        if now_ms >= kind.since_ms + self._window_ms:
            kind = _Kind(now_ms, 0, kind.suppressed)
        if kind.passed >= self._lines:
            self._kinds[name] = kind._replace(suppressed=kind.suppressed + 1)
            return False
        self._kinds[name] = _Kind(kind.since_ms, kind.passed + 1, 0)
        if kind.suppressed:
            record.msg = f"{record.msg} ({kind.suppressed:,} more like this were not logged)"
        return True


def _kind_of(record: logging.LogRecord) -> object:
    # Without arguments, a text may be made up: the place tells enough.
    text = str(record.msg) if record.args else ""
    return record.levelno, record.pathname, record.lineno, text, getattr(record, "part", "")


@contextmanager
def limited_lines(now_ms: Callable[[], int]) -> Iterator[None]:
    """Limit the lines of strangers while a server runs."""
    with ExitStack() as stack:
        for loggers, lines, window_ms in (
            (_LOGGERS, limits.LOG_LINES_PER_SECOND_MAX, _SECOND_MS),
            (_HOURLY, 1, _HOUR_MS),
        ):
            for name, levels in loggers.items():
                logger, limit = logging.getLogger(name), LineLimit(levels, lines, window_ms, now_ms)
                logger.addFilter(limit)
                stack.callback(logger.removeFilter, limit)
        yield
