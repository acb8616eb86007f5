"""The words for what differs from one show to the next: ids that a server makes, and instants.

Everything else of a message stays as it came: its fields, their order, types and values.
"""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final

_MINUTE_MS: Final = 60_000
# A show takes well under ten minutes, and an instant of its own is at most that old.
_OLD_MS: Final = 600_000
_FOREIGN_MS: Final = 40 * 86_400_000  # further away, it is an instant that the script gave
_INSTANTS: Final = frozenset(
    f"{name}_ms" for name in ("at", "now", "starts_at", "ends_at", "expires_at", "until", "since")
) | {"started_at_ms", "ended_at_ms"}
_DURATIONS: Final = frozenset(("retry_after_ms", "shown_ms"))
# Counts that a server samples at moments of its own.
_SAMPLED: Final = frozenset(("viewers", "viewers_peak", "viewers_average", "visitors", "looks"))
# A map by SKU is in no order.
_UNORDERED: Final = frozenset(("lowest",))
_SECRETS: Final = frozenset(("turn", "key"))
_CHAT_ID: Final = re.compile(r"\b\d{13}-\d+\b")


class Canon:
    """The names of ids in one recording, given in the order in which the ids are met."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._chat_ids = 0

    def name(self, an_id: str, name: str) -> None:
        """Call an id by a name that is the same in every recording."""
        self._names[an_id] = f"<{name}>"

    def line(self, message: Mapping[str, Any], now_ms: int) -> str:
        """Return a message as a line, as of an instant close to that at which it came."""
        return json.dumps(self._fields(message, now_ms), ensure_ascii=False)

    def text(self, text: str) -> str:
        """Return a text with names in place of ids."""
        for an_id in _CHAT_ID.findall(text):
            if an_id not in self._names:
                self._chat_ids += 1
                self.name(an_id, f"chat {self._chat_ids}")
        for an_id, name in self._names.items():
            text = text.replace(an_id, name)
        return text

    def table(self, text: str) -> list[str]:
        """Return the lines of a CSV table, as of `line`."""
        columns, *rows = csv.reader(io.StringIO(text))
        varying = {n for n, name in enumerate(columns) if name in _DURATIONS | _SAMPLED}
        cells = [["…" if n in varying else cell for n, cell in enumerate(row)] for row in rows]
        return [self.text(",".join(row)) for row in (columns, *cells)]

    def _fields(self, message: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
        if isinstance(message.get("series"), list):
            message = _without_samples(message)
        return {
            self.text(name): self._field(name, value, message, now_ms)
            for name, value in message.items()
        }

    def _field(self, name: str, value: Any, message: Mapping[str, Any], now_ms: int) -> Any:
        starts_at_ms = message.get("starts_at_ms")
        if name == "ends_at_ms" and isinstance(value, int) and isinstance(starts_at_ms, int):
            return f"<starts_at_ms + {value - starts_at_ms}>"
        if name in _INSTANTS and isinstance(value, int):
            return _instant(value, now_ms)
        if name in _DURATIONS and isinstance(value, int):
            return "<duration>" if value >= 0 else value
        if name in _SAMPLED and (value is None or isinstance(value, int)):
            return "<count>"
        if name in _SECRETS and isinstance(value, str):
            return f"<{name}>"
        if name in _UNORDERED:
            value = dict(sorted(value.items()))
        return self._value(value, now_ms)

    def _value(self, value: Any, now_ms: int) -> Any:
        match value:
            case dict():
                return self._fields(value, now_ms)
            case list():
                return [self._value(each, now_ms) for each in value]
            case str():
                return self.text(value)
            case _:
                return value


def _instant(instant_ms: int, now_ms: int) -> Any:
    ahead_ms = instant_ms - now_ms
    if abs(ahead_ms) > _FOREIGN_MS:
        return instant_ms
    if -_OLD_MS < ahead_ms < _MINUTE_MS / 2:
        return "<now>"
    return f"<now + {round(ahead_ms / _MINUTE_MS)} min>"


def _without_samples(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary with the fields of its series, and without what differs each time."""
    fields = sorted({" ".join(step) for step in summary["series"]})
    # A sale that was ended early lasted as long as it did.
    sales = [{**sale, "ends_at_ms": "<end>"} for sale in summary["sales"]]
    return {**summary, "likes": "<count>", "sales": sales, "series": fields}
