"""The votes of a rehearsal's crowd: each who watches has one in every poll."""

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright
import pytest

_PACKAGE = Path(__file__).parents[3] / "liveshop"
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_RUN = """
const [, folder, session, now, dice] = process.argv;
const { votes } = await import(`${folder}/features/polls/page/crowd.js`);
Math.random = () => Number(dice);
console.log(JSON.stringify([...votes(JSON.parse(session), Number(now))]));
"""

Json = dict[str, Any]
_POLL: Json = {
    **{"poll": 8, "kind": "choice", "choices": [{"label": "Blue"}, {"label": "Sand"}]},
    **{"counts": [1, 1], "ends_at_ms": 1_000, "guests": False},
}
_SCORE: Json = {**_POLL, "poll": 9, "kind": "score", "choices": [], "counts": [0] * 11}


def _wishes(*polls: Json, now_ms: int = 0, viewers: int = 5, dice: float = 0.5) -> list[Json]:
    """Return the steps of a second, with dice that always say the same."""
    session = {"status": "live", "polls": polls, "viewers": viewers}
    done = subprocess.run(
        [
            *(str(_NODE), "--input-type=module", "--eval", _RUN, _PACKAGE.as_uri()),
            *(json.dumps(session), str(now_ms), str(dice)),
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    wishes: list[Json] = json.loads(done.stdout)
    return wishes


def _vote(poll: int, choice: int) -> Json:
    return {"type": "vote", "poll": poll, "choice": choice}


def test_the_next_who_watches_votes_in_each_open_poll() -> None:
    assert _wishes(_POLL, _SCORE) == [
        {"command": _vote(8, 0), "viewer": {"id": "crowd-2", "name": "crowd-2"}},
        {"command": _vote(9, 8), "viewer": {"id": "crowd-0", "name": "crowd-0"}},
    ]


def test_a_poll_that_tells_only_how_many_is_voted_in_too() -> None:
    secret = {name: value for name, value in _POLL.items() if name != "counts"} | {"total": 4}
    assert [each["viewer"]["id"] for each in _wishes(secret)] == ["crowd-4"]


@pytest.mark.parametrize(("viewers", "dice"), [(2, 0.5), (5, 0.9)])
def test_nobody_votes_once_all_have_voted_nor_in_every_second(viewers: int, dice: float) -> None:
    assert _wishes(_POLL, viewers=viewers, dice=dice) == []


def test_a_guest_is_among_them_only_if_guests_may_vote() -> None:
    assert "viewer" in _wishes(_POLL, dice=0.1)[0]
    guest = {**_vote(8, 0), "visitor": "crowd-2"}
    assert _wishes({**_POLL, "guests": True}, dice=0.1) == [{"command": guest}]
    assert "viewer" in _wishes({**_POLL, "guests": True})[0]


def test_every_choice_is_one_of_the_poll() -> None:
    for dice in (0, 0.3, 0.599):
        first, second = _wishes(_POLL, _SCORE, dice=dice)
        assert 0 <= first["command"]["choice"] < 2
        assert 0 <= second["command"]["choice"] <= 10


def test_time_that_is_over_ends_a_poll_and_an_open_end_never_does() -> None:
    nobody = {"viewers": 0}
    assert _wishes(_POLL, now_ms=999, **nobody) == []
    assert _wishes(_POLL, now_ms=1_000, **nobody) == [{"command": None}]
    assert _wishes({**_POLL, "ends_at_ms": None}, now_ms=9_999, **nobody) == []
    assert _wishes() == []
