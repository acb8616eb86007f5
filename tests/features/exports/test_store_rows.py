"""The files of exports, to the byte."""

import csv
import io
import json
from typing import Any

import pytest

from liveshop.features.exports.rules import COLUMNS, Asked, Dataset, Format
from liveshop.features.exports.store_rows import head, written

_ORDER = {
    **{"order_id": "o1", "session_id": "s1", "shop": None, "seq": 7, "at_ms": 1_790_000_000_007},
    **{"status": "confirmed", "viewer_id": "ada", "units": 2, "total": 7_800, "currency": "EUR"},
}


def _asked(dataset: Dataset, form: Format) -> Asked:
    return Asked(
        dataset=dataset, format=form, session_id=None, shop=None, from_ms=0, to_ms=2_000_000_000_000
    )


def _event(kind: str, **facts: Any) -> dict[str, Any]:
    body = {"type": kind, "offset": 3, "at_ms": 1_790_000_000_000, **facts}
    record = {"session_id": "s1", "shop": "a", "offset": 3, "at_ms": 1_790_000_000_000}
    return {**record, "type": kind, "body": json.dumps(body)}


def test_a_row_is_the_same_bytes_in_the_order_of_its_columns() -> None:
    asked = _asked(Dataset.ORDERS, Format.CSV)
    assert head(asked) == (
        b"order_id,session_id,shop,seq,at_ms,at,status,viewer_id,units,total,currency\r\n"
    )
    assert written(asked, [_ORDER]) == (
        b"o1,s1,,7,1790000000007,2026-09-21T14:13:20.007Z,confirmed,ada,2,7800,EUR\r\n"
    )
    asked = _asked(Dataset.ORDERS, Format.JSONL)
    assert head(asked) == b""
    turned = dict(reversed(_ORDER.items()))
    assert written(asked, [_ORDER]) == written(asked, [turned])
    (row,) = map(json.loads, written(asked, [_ORDER]).splitlines())
    assert tuple(row) == COLUMNS[Dataset.ORDERS]
    assert (row["shop"], row["total"]) == (None, 7_800)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_of_a_csv_is_a_formula(begin: str) -> None:
    hostile = f"{begin}cmd|' /C calc'!A0"
    asked = _asked(Dataset.ORDERS, Format.CSV)
    text = written(asked, [{**_ORDER, "viewer_id": hostile}]).decode()
    (row,) = csv.reader(io.StringIO(text, newline=""))
    assert row[COLUMNS[Dataset.ORDERS].index("viewer_id")] == f"'{hostile}"
    asked = _asked(Dataset.ORDERS, Format.JSONL)
    (told,) = written(asked, [{**_ORDER, "viewer_id": hostile}]).splitlines()
    assert json.loads(told)["viewer_id"] == hostile


def test_events_of_the_kernel_are_told_whole_and_words_of_viewers_are_not() -> None:
    ended = _event("sale.ended", sale=2, reason="time")
    pinned = _event("chat.pinned", message={"text": "call me", "viewer": {"name": "Ada"}})
    for form in Format:
        text = written(_asked(Dataset.EVENTS, form), [ended, pinned]).decode()
        assert "call me" not in text and "Ada" not in text
        assert text.count("chat.pinned") == 1
    lines = written(_asked(Dataset.EVENTS, Format.JSONL), [ended, pinned]).splitlines()
    facts = [json.loads(each)["facts"] for each in lines]
    assert facts == [{"reason": "time", "sale": 2}, {}]
    rows = written(_asked(Dataset.EVENTS, Format.CSV), [ended, pinned]).decode().splitlines()
    assert [row[-1] for row in csv.reader(rows)] == ['{"reason":"time","sale":2}', "{}"]
