"""Three seeds of the crash run of voting; `make crash ARGS="--voting"` runs every kind of fault."""

from collections.abc import Iterator

import pytest

from tests.conftest import store_folder
from tests.crash.voters import Polls
from tests.crash.voting import Votes, VotingRun, check_votes
from tests.crash.world import CrashWorld, open_world


@pytest.fixture(scope="module")
def world() -> Iterator[CrashWorld]:
    """Two nodes and their stores, which are killed and started again."""
    with store_folder() as folder, open_world(folder) as opened:
        yield opened


@pytest.mark.parametrize(
    ("seed", "kind"),
    [(0, "ballots not answered"), (1, "box without result"), (3, "valkey emptied")],
    ids=str,
)
def test_one_viewer_has_one_ballot_and_each_that_was_answered_is_in_the_result(
    world: CrashWorld, seed: int, kind: str
) -> None:
    report = VotingRun(world, seed, commands=1_200, faults=1).carry_out()
    assert (report.kind, report.findings) == (kind, []), str(report)
    assert report.killed.total() == 1
    assert report.answered > 0


@pytest.mark.parametrize(
    ("votes", "found"),
    [
        (Votes({(3, "ada"): 1, (3, "bo"): 0}, {3: [[1, 1, 0]]}, {3}), []),
        (
            Votes({(3, "ada"): 2, (3, "bo"): 0}, {3: [[1, 0, 1]]}, {3}),
            ["ada was told [1] in 3, stored is 2", "ada has never sent 2 in 3"],
        ),
        (
            Votes({(3, "bo"): 0}, {3: [[1, 0, 0]]}, {3}),
            ["ada was told [1] in 3, stored is None"],
        ),
        (
            Votes({(3, "ada"): 1, (3, "bo"): 0}, {3: [[1, 0, 0]]}, {3}),
            ["poll 3 has [1, 1, 0], told was [[1, 0, 0]]"],
        ),
        (
            Votes({(3, "ada"): 1, (3, "bo"): 0}, {3: [[1, 1, 0], [1, 1, 0]]}, {3}),
            ["poll 3 has [1, 1, 0], told was [[1, 1, 0], [1, 1, 0]]"],
        ),
        (
            Votes({(3, "ada"): 1, (3, "bo"): 0}, {}, {3}),
            ["poll 3 has [1, 1, 0], told was None"],
        ),
    ],
)
def test_the_checker_finds_each_contradiction(votes: Votes, found: list[str]) -> None:
    polls = Polls()
    polls.sent |= {(3, "ada"): {0, 1}, (3, "bo"): {0}}
    polls.told[3, "ada"] = {1}
    assert [finding.what for finding in check_votes(polls, votes)] == found


def test_the_checker_finds_a_voter_who_was_told_two_choices() -> None:
    polls = Polls()
    polls.sent[3, "ada"] = {0, 1}
    polls.told[3, "ada"] = {0, 1}
    votes = Votes({(3, "ada"): 1}, {3: [[0, 1, 0]]}, {3})
    assert [finding.what for finding in check_votes(polls, votes)] == [
        "ada was told [0, 1] in 3, stored is 1"
    ]
