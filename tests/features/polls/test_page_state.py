"""The pages' state of polls: what each message changes, and what it leaves as it was."""

import json
import subprocess
from pathlib import Path
from typing import Any

import playwright

_PACKAGE = Path(__file__).parents[3] / "liveshop"
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_RUN = """
const [, folder, messages] = process.argv;
const polls = await import(`${folder}/features/polls/page/state.js`);
const { initialState, reduce } = await import(`${folder}/pages/client/state.js`);
let state = { ...initialState, ...polls.initial };
const seen = JSON.parse(messages).map((message) => {
  const before = state;
  state = reduce(state, message, [polls]);
  const { polls: open, poll_result: result } = state.session ?? {};
  return { open, result, votes: state.votes, same: before.session === state.session };
});
const shown = JSON.parse(messages).find(({ type }) => type === "poll.opened");
const hidden = shown && polls.hide["poll.opened"](state.session, shown).polls;
console.log(JSON.stringify({ seen, hidden }));
"""

Json = dict[str, Any]
_SESSION: Json = {
    **{"type": "session", "offset": 7, "now_ms": 1, "id": "s1", "status": "live"},
    **{"shelf": [], "sales": [], "pinned": [], "viewers": 1, "likes": 2, "buying": True},
}
_POLL: Json = {
    **{"poll": 8, "question": "Which?", "choices": [{"label": "Blue"}, {"label": "Sand"}]},
    **{"kind": "choice", "show": "live", "ends_at_ms": None, "guests": False},
}
_OPENED: Json = {"type": "poll.opened", "offset": 8, "at_ms": 8, **_POLL}
_CLOSED: Json = {
    **{"type": "poll.closed", "offset": 9, "at_ms": 9, "poll": 8, "counts": [3, 1], "total": 4},
    "reason": "manual",
}


def _run(*messages: Json) -> Json:
    command = [str(_NODE), "--input-type=module", "--eval", _RUN]
    done = subprocess.run(
        [*command, _PACKAGE.as_uri(), json.dumps(messages)],
        capture_output=True,
        check=True,
        text=True,
    )
    said: Json = json.loads(done.stdout)
    return said


def _after(*messages: Json) -> Json:
    last: Json = _run(*messages)["seen"][-1]
    return last


def test_a_poll_begins_without_votes_and_goes_by_the_pulse() -> None:
    opened = _after(_SESSION, _OPENED)
    assert opened["open"] == [{**_POLL, "counts": [0, 0]}]
    pulse = {"type": "pulse", "now_ms": 2, "polls": {"8": [2, 1], "99": [1, 1]}}
    assert _after(_SESSION, _OPENED, pulse)["open"] == [{**_POLL, "counts": [2, 1]}]


def test_a_poll_that_is_secret_until_its_end_has_only_a_total() -> None:
    secret = {"show": "end"}
    pulse = {"type": "pulse", "now_ms": 2, "polls": {"8": 3}}
    assert _after(_SESSION, _OPENED | secret)["open"] == [{**_POLL, **secret, "total": 0}]
    assert _after(_SESSION, _OPENED | secret, pulse)["open"] == [{**_POLL, **secret, "total": 3}]


def test_a_score_begins_with_eleven_counts() -> None:
    (poll,) = _after(_SESSION, _OPENED | {"kind": "score", "choices": []})["open"]
    assert poll["counts"] == [0] * 11


def test_a_closed_poll_leaves_its_result_with_the_question() -> None:
    closed = _after(_SESSION, _OPENED, _CLOSED | {"right": 1})
    assert closed["open"] == []
    asked = {name: value for name, value in _POLL.items() if name != "guests"}
    told = {"counts": [3, 1], "total": 4, "right": 1, "closed_ms": 9}
    assert closed["result"] == asked | told


def test_a_result_of_a_poll_that_nobody_here_has_seen_is_passed_over() -> None:
    closed = _after(_SESSION | {"offset": 8}, _CLOSED)
    assert "result" not in closed


def test_ones_own_votes_come_with_the_welcome_and_with_each_answer() -> None:
    welcome: Json = {"type": "welcome", "viewer": None, "reservations": [], "orders": []}
    seen = _run(
        welcome | {"votes": {"8": 1}},
        _SESSION,
        _OPENED,
        {"type": "voted", "poll": 9, "choice": 0},
        welcome,
    )["seen"]
    assert [each["votes"] for each in seen] == [
        *({"8": 1}, {"8": 1}, {"8": 1}),
        {"8": 1, "9": 0},
        {},
    ]


def test_a_pulse_without_polls_leaves_the_list_as_it_was_and_a_hidden_opening_is_not_shown() -> (
    None
):
    said = _run(_SESSION, _OPENED, {"type": "pulse", "now_ms": 2})
    assert said["seen"][-1]["open"] == [{**_POLL, "counts": [0, 0]}]
    assert said["hidden"] == []
