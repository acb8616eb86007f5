"""The chat in a rehearsal: decided as in a show, and kept by the page."""

from typing import Any

import pytest

from liveshop.core import errors, limits
from liveshop.core.commands import Command
from liveshop.core.model import Status
from liveshop.features.chat.rules import (
    BlockWords,
    ChatPinned,
    MuteViewer,
    Say,
    SlowChat,
    UnmuteViewer,
)
from tests.edge.http.api import Api
from tests.features.rehearsal.rehearsed import ADA, RehearsedShow, a_beginning, on_air
from tests.features.rehearsal.steps import START, beginning, step, stored


def test_blocked_words_slow_mode_and_mutes_hold_for_the_crowd_and_not_for_the_host() -> None:
    show = on_air(a=1)
    show.do(BlockWords(words=["scam"]))
    show.do(SlowChat(interval_ms=5_000))
    with pytest.raises(errors.Conflict):
        show.do(Say(text="what a SCAM"), ADA)
    show.do(Say(text="no scam here"))
    show.do(Say(text="lovely"), ADA)
    show.now_ms += 4_000
    with pytest.raises(errors.RateLimited) as refused:
        show.do(Say(text="so lovely"), ADA)
    assert refused.value.fields == {"retry_after_ms": 1_000}
    show.now_ms += 1_000
    show.do(MuteViewer(viewer_id="ada", duration_ms=5_000))
    show.do(Say(text="am I heard?"), ADA)
    show.do(UnmuteViewer(viewer_id="ada"))
    show.do(Say(text="and now?"), ADA)
    said = [(line["viewer"]["id"], line["text"]) for line in show.state["session"]["chat"]]
    assert said == [("h", "no scam here"), ("ada", "lovely"), ("ada", "and now?")]


def test_a_mute_ends_by_itself_and_nobody_is_unmuted_twice() -> None:
    show = on_air(a=1)
    show.do(MuteViewer(viewer_id="ada", duration_ms=1_000))
    show.now_ms += 1_000
    with pytest.raises(errors.Conflict):
        show.do(UnmuteViewer(viewer_id="ada"))
    show.do(Say(text="hi"), ADA)
    assert len(show.state["session"]["chat"]) == 1
    with pytest.raises(errors.NotAllowed, match="nobody can unmute themselves"):
        show.do(UnmuteViewer(viewer_id="h"))


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ENDED])
def test_nothing_is_said_before_a_show_is_planned_or_after_its_end(status: Status) -> None:
    show = RehearsedShow(a_beginning(status))
    with pytest.raises(errors.Conflict):
        show.do(Say(text="hi"))
    assert show.state["session"]["chat"] == []


def test_lines_of_one_instant_have_ids_of_their_own_and_the_tail_is_bounded() -> None:
    show = on_air(a=1)
    for number in range(limits.CHAT_TAIL_MESSAGES + 1):
        show.now_ms += number % 3 == 0
        show.do(Say(text=str(number)))
    chat = show.state["session"]["chat"]
    assert [line["text"] for line in chat] == [
        str(number) for number in range(1, limits.CHAT_TAIL_MESSAGES + 1)
    ]
    assert len({line["id"] for line in chat}) == limits.CHAT_TAIL_MESSAGES
    show.send("chat.delete", id=chat[0]["id"])
    assert show.state["session"]["chat"] == chat[1:]


@pytest.mark.parametrize(
    "command",
    [SlowChat(interval_ms=0), MuteViewer(viewer_id="bo")],
    ids=lambda command: type(command).__name__,
)
def test_the_crowd_moderates_nothing(command: Command) -> None:
    show = RehearsedShow()
    with pytest.raises(errors.Forbidden):
        show.do(command, ADA)


def test_the_chat_of_a_rehearsal_reads_back_as_what_it_was_written_from() -> None:
    show = on_air(a=1)
    show.do(SlowChat(interval_ms=5_000))
    show.do(BlockWords(words=["scam", "spam", "scam"]))
    show.do(Say(text="hi"), ADA)
    show.send("chat.pin", id=show.state["session"]["chat"][0]["id"])
    show.do(MuteViewer(viewer_id="bo"))
    before = show.state
    session = before["session"]
    assert (session["chat_slow_ms"], session["chat_pinned"]) == (5_000, session["chat"])
    assert (before["words"], before["muted"]) == (["scam", "spam"], {"bo": None})
    assert show.do(None).events == []
    assert show.state == before


def test_a_message_is_pinned_once_and_not_after_it_was_deleted() -> None:
    show = on_air(a=1)
    show.do(Say(text="hi"), ADA)
    chat_id = show.state["session"]["chat"][0]["id"]
    (pinned,) = show.send("chat.pin", id=chat_id).events
    assert isinstance(pinned, ChatPinned)
    assert pinned.message.text == "hi"
    with pytest.raises(errors.Conflict):
        show.send("chat.pin", id=chat_id)
    show.send("chat.delete", id=chat_id)
    session = show.state["session"]
    assert (session["chat_pinned"], session["chat"]) == ([], [])
    with pytest.raises(errors.NotFound):
        show.send("chat.pin", id=chat_id)


@pytest.mark.feature("rehearsal")
def test_nothing_of_a_rehearsed_chat_is_written_to_the_stores(
    api: Api, postgres_url: str, redis_url: str
) -> None:
    session_id, _ = api.go_live()
    state = beginning(api, session_id)
    before = stored(api, postgres_url, redis_url, session_id)
    commands: list[dict[str, Any]] = [
        START,
        {"type": "chat.block", "words": ["scam"]},
        {"type": "chat.slow", "interval_ms": 1_000},
        {"type": "say", "text": "hi"},
        {"type": "viewer.mute", "viewer_id": "bo"},
    ]
    for command in commands:
        state = step(api.host, state, command)["state"]
    assert [line["text"] for line in state["session"]["chat"]] == ["hi"]
    assert (state["words"], state["muted"]) == (["scam"], {"bo": None})
    assert stored(api, postgres_url, redis_url, session_id) == before
