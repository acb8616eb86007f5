"""The audit finds every kind of damage to ballots, and nothing after honest voting."""

import pytest

from liveshop.features.ballots.store_audit import AUDIT
from liveshop.stores.audit.books import audit_books
from tests.features.ballots.boxes import NOW, Boxes, ballot


async def _found(boxes: Boxes, session_id: str | None = None) -> list[str]:
    findings = await audit_books(boxes.database, now_ms=NOW, session_id=session_id, files=[AUDIT])
    return [f"{each.promise} {each.where}: {each.what}" for each in findings]


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (
            "UPDATE tally SET n = n + 1 WHERE choice = 1",
            "P9 session s1: p1 counts 3 of choice 1, its ballots say 2",
        ),
        (
            "DELETE FROM tally WHERE choice = 0",
            "P9 session s1: p1 counts 0 of choice 0, its ballots say 1",
        ),
        (
            "DELETE FROM ballot WHERE voter = 'u:bo'",
            "P9 session s1: p1 counts 1 of choice 0, its ballots say 0",
        ),
        ("DELETE FROM ballot_box", "P9 session s1: p1 has ballots and no box"),
    ],
)
async def test_damage_is_found(boxes: Boxes, damage: str, finding: str) -> None:
    await boxes.cast(ballot("u:ada", 1), ballot("u:bo", 0), ballot("u:cy", 1))
    assert await _found(boxes) == []
    await boxes.database.commit(damage)
    assert await _found(boxes) == [finding]
    assert await _found(boxes, "s1") == [finding]
    assert await _found(boxes, "s2") == []
