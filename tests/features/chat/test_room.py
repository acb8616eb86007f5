"""The order of the chat, on every node at once."""

import time
from functools import partial
from itertools import product
from typing import Any

import pytest

from liveshop.core import limits
from liveshop.core.errors import Forbidden, NotFound
from liveshop.core.model import Person
from liveshop.core.roles import Identity, Role
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.live import SessionLive
from tests.engine.world import EngineShop, Watcher
from tests.vocabulary import VOCABULARY


def _heard(viewer: Watcher) -> list[str]:
    return [line["text"] for chat in viewer.of("chat") for line in chat["messages"]]


def _answered(viewer: Watcher, count: int) -> bool:
    return len(viewer.of("error") + viewer.of("ok")) >= count


async def test_a_blocked_word_is_refused_on_every_node_and_nobody_sees_it(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada, bo = await shop.join(session_id, "ada"), await other.join(session_id, "bo")
    await shop.host(session_id, "chat.block", words=["Fake"])
    await bo.sees("chat.blocked", count=1)
    for viewer, node, ref in ((ada, shop, 1), (bo, other, 2)):
        node.send(viewer, "say", ref=ref, text="that is FAKE!")
        assert (await viewer.sees("error", ref=ref))["code"] == "conflict"
        node.send(viewer, "say", ref=ref + 10, text="that is fakery")
        await viewer.sees("ok", ref=ref + 10)
    await shop.host(session_id, "chat.block", words=[])
    shop.send(ada, "say", ref=3, text="not fake")
    await ada.sees("ok", ref=3)
    await bo.until(lambda: "not fake" in _heard(bo))
    assert _heard(bo) == ["that is fakery", "that is fakery", "not fake"]


async def test_a_moderator_may_say_blocked_words_and_need_not_wait(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    await shop.host(session_id, "chat.block", words=["fake"])
    await shop.host(session_id, "chat.slow", interval_ms=60_000)
    staff = await shop.join(session_id, "mo", Role.MODERATOR)
    for ref in (1, 2):
        shop.send(staff, "say", ref=ref, text="no fake here")
        await staff.sees("ok", ref=ref)


async def test_in_slow_mode_a_viewer_waits_on_whichever_node_it_is(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    here, there = await shop.join(session_id, "ada"), await other.join(session_id, "ada")
    await shop.host(session_id, "chat.slow", interval_ms=60_000)
    await there.sees("chat.slowed", interval_ms=60_000)
    shop.send(here, "say", ref=1, text="one")
    await here.sees("ok", ref=1)
    other.send(there, "say", ref=2, text="two")
    refused = await there.sees("error", ref=2)
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_after_ms"] <= 60_000
    await shop.host(session_id, "chat.slow", interval_ms=0)
    await here.sees("chat.slowed", interval_ms=0)
    shop.send(here, "say", ref=3, text="three")
    await here.sees("ok", ref=3)


async def test_a_deleted_message_is_shown_to_nobody_who_joins_here_or_elsewhere(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada, bo = await shop.join(session_id, "ada"), await other.join(session_id, "bo")
    for ref, text in ((1, "hi"), (2, "rude")):
        shop.send(ada, "say", ref=ref, text=text)
        await ada.sees("ok", ref=ref)
    (rude,) = [answer["id"] for answer in ada.of("ok") if answer["ref"] == 2]
    await bo.until(lambda: _heard(bo) == ["hi", "rude"])
    await shop.host(session_id, "chat.delete", id=rude)
    for viewer, node in ((ada, shop), (bo, other)):
        await viewer.sees("chat.deleted", id=rude)
        late = await node.join(session_id)
        assert [line["text"] for line in late.of("session")[0]["chat"]] == ["hi"]


async def test_the_role_of_the_staff_is_on_its_messages_and_on_no_other(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    bo = await other.join(session_id, "bo")
    for role in Role:
        sender = await shop.join(session_id, role.word, role)
        shop.send(sender, "say", ref=1, text="hello")
        await sender.sees("ok", ref=1)
    await bo.until(lambda: len(_heard(bo)) == len(Role))
    late = await other.join(session_id)
    lines = [line for chat in bo.of("chat") for line in chat["messages"]]
    for shown in (lines, late.of("session")[0]["chat"]):
        assert [line["viewer"] for line in shown] == [
            {"id": "viewer", "name": "viewer"},
            {"id": "moderator", "name": "moderator", "role": "moderator"},
            {"id": "host", "name": "host", "role": "host"},
            {"id": "admin", "name": "admin", "role": "admin"},
        ]


@pytest.mark.parametrize(("by", "whom"), tuple(product(tuple(Role)[1:], Role)), ids=str)
async def test_only_those_below_can_be_muted_wherever_they_are(
    shop: EngineShop, other: EngineShop, by: Role, whom: Role
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    target = await other.join(session_id, "bo", whom)
    ada = await shop.join(session_id, "ada")
    mute = VOCABULARY.command({"type": "viewer.mute", "viewer_id": "bo"})
    asker = Identity("mo", "Mo", by)
    if whom < by:
        assert await shop.engine.execute(session_id, mute, asker) == []
    else:
        with pytest.raises(Forbidden, match=f"a {by.word} cannot mute a {whom.word}"):
            await shop.engine.execute(session_id, mute, asker)
    other.send(target, "say", ref=1, text="am I heard?")
    await target.sees("ok", ref=1)
    shop.send(ada, "say", ref=1, text="hi")
    await ada.until(lambda: "hi" in _heard(ada))
    assert ("am I heard?" in _heard(ada)) is (whom >= by)


async def test_one_of_the_staff_who_has_left_is_muted_by_nobody_below(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    host = await other.join(session_id, "ho", Role.HOST)
    other.engine.viewer_admission.disconnect(host)
    mute = VOCABULARY.command({"type": "viewer.mute", "viewer_id": "ho"})
    with pytest.raises(Forbidden):
        await shop.engine.execute(session_id, mute, Identity("mo", "Mo", Role.MODERATOR))


@pytest.mark.parametrize(("by", "whom"), tuple(product(tuple(Role)[1:], Role)), ids=str)
async def test_a_mute_made_before_somebody_joined_reaches_lower_roles_only(
    shop: EngineShop, other: EngineShop, by: Role, whom: Role
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    mute = VOCABULARY.command({"type": "viewer.mute", "viewer_id": "bo"})
    await shop.engine.execute(session_id, mute, Identity("mo", "Mo", by))
    ada, bo = await shop.join(session_id, "ada"), await other.join(session_id, "bo", whom)
    other.send(bo, "say", ref=1, text="am I heard?")
    await bo.sees("ok", ref=1)
    shop.send(ada, "say", ref=1, text="hi")
    await ada.until(lambda: "hi" in _heard(ada))
    assert ("am I heard?" in _heard(ada)) is (whom >= by)


async def test_nobody_unmutes_themselves_and_the_mute_goes_on(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada, mo = await shop.join(session_id, "ada"), await shop.join(session_id, "mo", Role.MODERATOR)
    await shop.host(session_id, "viewer.mute", viewer_id="mo")
    shop.send(mo, "viewer.unmute", ref=1, viewer_id="mo")
    refused = await mo.sees("error", ref=1)
    assert (refused["code"], refused["message"]) == ("forbidden", "nobody can unmute themselves")
    for viewer, text in ((mo, "am I heard?"), (ada, "hi")):
        shop.send(viewer, "say", ref=2, text=text)
        await viewer.sees("ok", ref=2)
    await ada.until(lambda: "hi" in _heard(ada))
    assert _heard(ada) == ["hi"]


async def test_a_mute_by_a_host_is_lifted_by_no_moderator_and_neither_shortened(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    mo = await other.join(session_id, "mo", Role.MODERATOR)
    await shop.host(session_id, "viewer.mute", viewer_id="bo")
    for ref, kind, fields, code in (
        (1, "viewer.unmute", {}, "forbidden"),
        (2, "viewer.mute", {"duration_ms": 1}, "conflict"),
    ):
        other.send(mo, kind, ref=ref, viewer_id="bo", **fields)
        assert (await mo.sees("error", ref=ref))["code"] == code
    for viewer, text in ((bo, "am I heard?"), (ada, "hi")):
        shop.send(viewer, "say", ref=2, text=text)
        await viewer.sees("ok", ref=2)
    await ada.until(lambda: "hi" in _heard(ada))
    assert _heard(ada) == ["hi"]
    assert [each["until_ms"] for each in mo.of("viewer.muted")] == [None]


async def test_one_viewer_cannot_use_up_the_chat_through_many_connections(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    bo = await shop.join(session_id, "bo")
    senders = [(node, await node.join(session_id, "ada")) for node in (shop, other) * 4]
    begun_s = time.monotonic()
    for ref, (node, sender) in product(range(5), senders):
        node.send(sender, "say", ref=ref, text=f"spam {ref}")
    for _, sender in senders:
        await sender.until(partial(_answered, sender, 5))
    taken = sum(len(sender.of("ok")) for _, sender in senders)
    # Five at once, and three a second while this took.
    assert 5 <= taken <= 5 + 3 * (time.monotonic() - begun_s) + 1
    refused = [error for _, sender in senders for error in sender.of("error")]
    assert {error["code"] for error in refused} == {"rate_limited"}
    assert all(0 < error["retry_after_ms"] <= 334 for error in refused)
    shop.send(bo, "say", ref=1, text="does it run small?")
    await bo.until(lambda: "does it run small?" in _heard(bo))


async def _log_of(shop: EngineShop, session_id: str) -> str:
    sessions = shop.engine.node.stores[Sessions]
    return str(await sessions.events(session_id, after=0, limit=100))


async def test_the_text_of_a_deleted_message_is_in_the_log_no_longer(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada = await shop.join(session_id, "ada")
    ids = []
    for ref, text in enumerate(("my number is 555", "hello all")):
        shop.send(ada, "say", ref=ref, text=text)
        ids.append((await ada.sees("ok", ref=ref))["id"])
        await shop.host(session_id, "chat.pin", id=ids[-1])
    assert "number is 555" in await _log_of(shop, session_id)
    await shop.host(session_id, "chat.delete", id=ids[0])
    log = await _log_of(shop, session_id)
    assert "number is 555" not in log
    assert "hello all" in log
    assert log.count("ChatPinned(") == 2  # the events stay
    with pytest.raises(NotFound):
        await shop.host(session_id, "chat.delete", id=ids[0])


async def test_a_message_that_was_pinned_once_is_deleted_after_it_has_left_the_chat(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada = await shop.join(session_id, "ada")
    shop.send(ada, "say", ref=1, text="my number is 555")
    chat_id = (await ada.sees("ok", ref=1))["id"]
    await shop.host(session_id, "chat.pin", id=chat_id)
    await shop.host(session_id, "chat.unpin", id=chat_id)
    room = await shop.engine.rooms.get(session_id)
    await room.session.live.chat_delete(chat_id)  # as fifty later messages would have done
    await other.host(session_id, "chat.delete", id=chat_id)
    await ada.sees("chat.deleted", id=chat_id)
    assert "number is 555" not in await _log_of(shop, session_id)


async def _said(shop: EngineShop, viewer: Watcher, ref: int, text: str, **fields: str) -> str:
    """Say something and return its id."""
    shop.send(viewer, "say", ref=ref, text=text, **fields)
    answer = await viewer.sees("ok", ref=ref)
    return str(answer["id"])


def _lines(viewer: Watcher) -> dict[str, dict[str, Any]]:
    """Return what a viewer has heard or was shown at its join, by its text."""
    told = [line for chat in viewer.of("chat") for line in chat["messages"]]
    shown = [line for session in viewer.of("session") for line in session["chat"]]
    return {line["text"]: line for line in (*shown, *told)}


def _has_heard(viewer: Watcher, text: str) -> bool:
    return text in _lines(viewer)


async def test_an_answer_names_its_message_on_every_node_and_to_newcomers(
    shop: EngineShop, other: EngineShop
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada, bo = await shop.join(session_id, "ada"), await other.join(session_id, "bo")
    host = await other.join(session_id, "h", Role.HOST)
    asked = await _said(shop, ada, 1, "does it run small?")
    await host.until(lambda: "does it run small?" in _lines(host))
    await _said(other, host, 2, "it does not", reply_to=asked)
    answered = await _said(other, bo, 3, "good", reply_to=asked)
    await ada.until(lambda: "good" in _lines(ada))
    joined = [await node.join(session_id) for node in (shop, other)]
    for viewer in (ada, bo, *joined):
        await viewer.until(partial(_has_heard, viewer, "good"))
        lines = _lines(viewer)
        assert "reply_to" not in lines["does it run small?"]
        assert {name: lines[name]["reply_to"] for name in ("it does not", "good")} == {
            "it does not": asked, "good": asked,
        }  # fmt: skip
        assert list(lines["good"]) == ["id", "at_ms", "viewer", "text", "reply_to"]
        assert lines["it does not"]["viewer"]["role"] == "host"
        assert "role" not in lines["good"]["viewer"]
    assert lines["good"]["id"] == answered


async def test_only_a_message_that_is_known_is_answered(shop: EngineShop) -> None:
    session_id, another = await shop.live(SHIRT_M=5), await shop.plan()
    ada, there = await shop.join(session_id, "ada"), await shop.join(another, "ada")
    elsewhere = await _said(shop, there, 1, "elsewhere")
    gone = await _said(shop, ada, 1, "gone")
    kept = await _said(shop, ada, 2, "kept")
    await shop.host(session_id, "chat.delete", id=gone)
    await ada.sees("chat.deleted")
    for ref, unknown in enumerate((elsewhere, gone, "1-0", "nonsense"), 10):
        shop.send(ada, "say", ref=ref, text="an answer", reply_to=unknown)
        assert (await ada.sees("error", ref=ref))["code"] == "not_found"
    assert "an answer" not in _lines(ada)
    await _said(shop, ada, 3, "an answer", reply_to=kept)
    await ada.until(lambda: "an answer" in _lines(ada))


async def test_a_pinned_message_is_answered_after_it_has_left_the_tail(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    mo = await shop.join(session_id, "mo", Role.MODERATOR)
    pinned = await _said(shop, mo, 1, "read this first")
    await shop.host(session_id, "chat.pin", id=pinned)
    live = SessionLive(shop.engine.node.link, shop.engine.node.library, session_id)
    for number in range(limits.CHAT_TAIL_MESSAGES):
        person = Person(id=f"u{number}", name="U")
        await live.say(person, str(number), per_second_max=1_000)
    await mo.until(lambda: str(limits.CHAT_TAIL_MESSAGES - 1) in _lines(mo))
    assert await live.chat_get(pinned) is None
    await _said(shop, mo, 2, "an answer", reply_to=pinned)


async def test_an_answer_stays_after_its_message_is_deleted(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada = await shop.join(session_id, "ada")
    asked = await _said(shop, ada, 1, "rude")
    await _said(shop, ada, 2, "an answer", reply_to=asked)
    await shop.host(session_id, "chat.delete", id=asked)
    await ada.sees("chat.deleted")
    (line,) = (await shop.join(session_id)).of("session")[0]["chat"]
    assert (line["text"], line["reply_to"]) == ("an answer", asked)


async def test_a_muted_viewer_answers_itself_and_is_not_told_that_nobody_hears(
    shop: EngineShop,
) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada, bo = await shop.join(session_id, "ada"), await shop.join(session_id, "bo")
    await shop.host(session_id, "viewer.mute", viewer_id="ada")
    unheard = await _said(shop, ada, 1, "hello")
    await _said(shop, ada, 2, "nobody?", reply_to=unheard)
    await ada.until(lambda: "nobody?" in _lines(ada))
    assert _lines(ada)["nobody?"]["reply_to"] == unheard
    # To others there is no such message.
    shop.send(bo, "say", ref=3, text="what?", reply_to=unheard)
    assert (await bo.sees("error", ref=3))["code"] == "not_found"
