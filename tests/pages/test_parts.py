"""The features' shares of the state: each changes its own part, and any of them can be left out."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import playwright
import pytest

_PACKAGE = Path(__file__).parents[2] / "liveshop"
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_FEATURES = re.findall(r'^  \{ name: "(\w+)"', (_PACKAGE / "features/parts.js").read_text(), re.M)

# The messages of a session; `session.started` and `future.opened` are of no feature.
_LINE = {"id": "c1", "at_ms": 5, "viewer": {"id": "u_ada", "name": "Ada"}, "text": "hello"}
_OTHER = {**_LINE, "id": "c2", "text": "and again"}
_SESSION = {
    **{"type": "session", "offset": 7, "now_ms": 1, "id": "s1", "status": "scheduled"},
    **{"shelf": [], "sales": [], "pinned": [], "viewers": 1, "likes": 2, "buying": True},
    **{"chat": [_LINE], "chat_pinned": [], "chat_slow_ms": 5000},
}
_BAN = {"type": "viewer.banned", "viewer_id": "u_bo", "name": "Bo", "until_ms": None}
_MESSAGES = [
    {"type": "welcome", "viewer": None, "reservations": [], "orders": []},
    _SESSION,
    {"type": "chat", "messages": [_LINE, _OTHER], "dropped": 0},
    {"type": "pulse", "now_ms": 2, "viewers": 3, "likes": 9},
    {"type": "viewer.muted", "viewer_id": "u_ada", "until_ms": None},
    {**_BAN, "everywhere": False},
    {**_BAN, "everywhere": True, "until_ms": 9},
    {"type": "session.started", "offset": 8, "at_ms": 8, "status": "live"},
    {"type": "chat.pinned", "offset": 9, "at_ms": 9, "message": _OTHER},
    {"type": "chat.slowed", "offset": 10, "at_ms": 10, "interval_ms": 0},
    {"type": "chat.deleted", "offset": 11, "at_ms": 11, "id": "c1"},
    {"type": "chat.slowed", "offset": 11, "at_ms": 11, "interval_ms": 60000},
    {"type": "future.opened", "offset": 12, "at_ms": 12, "prize": "a mug"},
]
_RUN = """
const folder = process.argv[1];
const messages = JSON.parse(process.argv[2]);
const { FEATURES } = await import(`${folder}/features/parts.js`);
const { BY_NAME } = await import(`${folder}/features/states.js`);
const { initialState, reduce } = await import(`${folder}/pages/client/state.js`);
const states = {};
for (const left of ["", ...FEATURES.map(({ name }) => name)]) {
  const shares = Object.keys(BY_NAME).filter((name) => name !== left).map((name) => BY_NAME[name]);
  const start = Object.assign({}, initialState, ...shares.map(({ initial }) => initial));
  states[left] = messages.reduce((state, message) => reduce(state, message, shares), start);
}
console.log(JSON.stringify(states));
"""

Json = dict[str, Any]

# The fields that a feature keeps up to date, and what they are without it: as in the snapshot.
_KEPT: dict[str, tuple[Json, Json]] = {
    "chat": (
        {"chat": [_OTHER], "chat_pinned": [_OTHER]},
        {"chat": [_LINE], "chat_pinned": [], "chat_slow_ms": 5000},
    ),
    "likes": ({"likes": 9}, {"likes": 2}),
}


@cache
def _states() -> dict[str, Json]:
    """Return the state after the messages, by the feature that is left out; "" is with them all."""
    command = [str(_NODE), "--input-type=module", "--eval", _RUN]
    done = subprocess.run(
        [*command, _PACKAGE.as_uri(), json.dumps(_MESSAGES)],
        capture_output=True,
        check=True,
        text=True,
    )
    states: dict[str, Json] = json.loads(done.stdout)
    return states


def _session(left_out: str = "") -> Json:
    session: Json = _states()[left_out]["session"]
    return session


def test_with_every_feature_each_message_changes_its_part() -> None:
    kernel = {**_SESSION, "offset": 12, "viewers": 3, "status": "live"}
    del kernel["chat_slow_ms"]
    assert _session() == {**kernel, **_KEPT["chat"][0], **_KEPT["likes"][0]}
    assert _states()[""]["muted"] == {"u_ada": None}
    bans = [(ban["everywhere"], ban["until_ms"]) for ban in _states()[""]["banned"].values()]
    assert bans == [(False, None), (True, 9)]


@pytest.mark.parametrize("feature", _FEATURES)
def test_without_a_feature_its_part_stays_as_it_came_and_all_else_goes_on(feature: str) -> None:
    kept, came = _KEPT.get(feature, ({}, {}))
    rest = {key: value for key, value in _session().items() if key not in kept}
    assert _session(feature) == {**rest, **came}


def test_without_the_chat_nothing_tells_of_the_muted() -> None:
    assert "muted" not in _states()["chat"]
    others = [feature for feature in _FEATURES if feature != "chat"]
    assert all(_states()[feature]["muted"] == {"u_ada": None} for feature in others)


@pytest.mark.parametrize("feature", ["", *_FEATURES])
def test_events_that_nobody_knows_move_the_offset(feature: str) -> None:
    """Otherwise the next event would seem to be missing one, and the line would be dropped."""
    assert _session(feature)["offset"] == 12


_WAKE = """
const { Slots } = await import(`${process.argv[1]}/pages/shared/slots.js`);
const feature = { name: "offers", wakes: "offer.", field: ["offers", "taken"], pages: ["viewer"] };
const isWoken = (message) => {
  let loads = 0;
  const load = async () => {
    loads += 1;
    return { slots: {} };
  };
  const shop = { subscribe: (listener) => listener({ session: null }, message), use: () => null };
  new Slots([feature], load, "viewer").follow(shop);
  return loads > 0;
};
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(isWoken)));
"""


def test_a_feature_is_woken_by_its_messages_and_by_any_of_its_fields_that_is_not_empty() -> None:
    messages: list[tuple[Json, bool]] = [
        ({"type": "welcome", "taken": []}, False),
        ({"type": "welcome", "taken": [{"offer": "@8"}]}, True),
        ({"type": "session", "shelf": []}, False),
        ({"type": "session", "offers": [{"offer": "@8"}]}, True),
        ({"type": "pulse", "offers": {}}, False),
        ({"type": "pulse", "offers": {"@8": 1}}, True),
        ({"type": "offer.opened"}, True),
        ({"type": "poll.opened"}, False),
    ]
    command = [str(_NODE), "--input-type=module", "--eval", _WAKE]
    given = json.dumps([message for message, _ in messages])
    done = subprocess.run(
        [*command, _PACKAGE.as_uri(), given], capture_output=True, check=True, text=True
    )
    assert json.loads(done.stdout) == [is_woken for _, is_woken in messages]
