"""The rows of a file as they are written, to the byte."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from liveshop.core.events import told_facts
from liveshop.core.spreadsheet import csv_text
from liveshop.core.wire import decode_object, encode_one
from liveshop.features.exports.rules import COLUMNS, Asked, Format


def head(asked: Asked) -> bytes:
    """Return the begin of a file: the names of its columns."""
    if asked.format is Format.JSONL:
        return b""
    return csv_text([COLUMNS[asked.dataset]]).encode()


def written(asked: Asked, records: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as they stand in a file: the same bytes for the same rows, whoever makes them."""
    columns = COLUMNS[asked.dataset]
    rows = [_row(columns, each) for each in records]
    if asked.format is Format.JSONL:
        return b"".join(encode_one(row) + b"\n" for row in rows)
    return csv_text([_cell(row[name]) for name in columns] for row in rows).encode()


def _row(columns: tuple[str, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    known = dict(record)
    known["at"] = _instant_text(known["at_ms"])
    if "body" in known:
        known["facts"] = dict(sorted(told_facts(decode_object(known["body"])).items()))
    return {name: known[name] for name in columns}


def _cell(value: Any) -> Any:
    return encode_one(value).decode() if isinstance(value, dict) else value


def _instant_text(at_ms: int) -> str:
    """Write an instant in UTC to the millisecond: 2026-11-30T12:03:41.250Z."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
