"""The audit compares each told result with the ballots, and finds every kind of damage."""

import pytest

from tests.features.polls.show import PollShow


@pytest.mark.parametrize(
    ("damage", "findings"),
    [
        (
            "UPDATE event SET body = jsonb_set(body, '{counts,1}', '5') WHERE type = 'poll.closed'",
            ["poll 3 was told to have 5 votes for choice 1, its ballots say 2"],
        ),
        (
            "DELETE FROM ballot WHERE voter = 'v:guest'; DELETE FROM tally WHERE choice = 100",
            ["poll 3 was told to have 1 votes for choice 0, its ballots say 0"],
        ),
        (
            "UPDATE ballot_box SET open = true",
            ["poll 3 has a result, and its box is open"],
        ),
        (
            "UPDATE event SET type = 'poll.lost' WHERE type = 'poll.closed'",
            ["poll 3 is closed, and no result was told"],
        ),
    ],
)
async def test_damage_is_found(show: PollShow, damage: str, findings: list[str]) -> None:
    poll = await show.open(guests=True)
    assert poll == 3
    for name in ("ada", "bo"):
        await show.vote(await show.join(name), poll, 1)
    await show.vote(await show.join(), poll, 0, visitor="guest")
    await show.host("poll.close", poll=poll)
    assert await show.audit() == []
    for statement in damage.split("; "):
        await show.shop.database.commit(statement)
    found = await show.audit()
    assert [(each.promise, each.what) for each in found] == [("P9", what) for what in findings]
