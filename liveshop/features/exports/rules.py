"""The rules of exports: what is in a file, and for how long it is kept."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

NAME: Final = "exports"

KEPT_DAYS: Final = 7
EXPORTS_MAX: Final = 20
ROWS_MAX: Final = 1_000_000
TRIES_MAX: Final = 5


class Dataset(StrEnum):
    """The contents of a file: ORDERS, their LINES, EVENTS of the log, or SAMPLES of the gauges."""

    ORDERS = "orders"
    LINES = "lines"
    EVENTS = "events"
    SAMPLES = "samples"


class Format(StrEnum):
    """CSV for people and their spreadsheets, JSONL, a JSON object a line, for programs."""

    CSV = "csv"
    JSONL = "jsonl"


class ExportState(StrEnum):
    """An export is WAITING for a worker, RUNNING in one, then DONE or FAILED for good."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


COLUMNS: Final[Mapping[Dataset, tuple[str, ...]]] = {
    Dataset.ORDERS: (
        *("order_id", "session_id", "shop", "seq", "at_ms", "at", "status", "viewer_id"),
        *("units", "total", "currency"),
    ),
    Dataset.LINES: (
        *("order_id", "session_id", "shop", "at_ms", "at", "status", "viewer_id"),
        *("rid", "sku", "quantity", "price", "total", "currency", "sale"),
    ),
    Dataset.EVENTS: ("session_id", "shop", "offset", "at_ms", "at", "type", "facts"),
    Dataset.SAMPLES: (
        *("session_id", "shop", "at_ms", "at"),
        *("viewers", "viewers_peak", "visitors", "likes", "held"),
    ),
}


class Asked(Struct, frozen=True, kw_only=True):
    """The rows of an export: of a session, or of a whole shop, from an instant up to another."""

    dataset: Dataset
    format: Format
    session_id: str | None
    shop: str | None
    from_ms: int
    to_ms: int
