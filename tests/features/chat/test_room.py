"""Slow mode and blocked words, on every node at once."""

from liveshop.core.roles import Role
from tests.engine.world import EngineShop, Watcher


def _heard(viewer: Watcher) -> list[str]:
    return [line["text"] for chat in viewer.of("chat") for line in chat["messages"]]


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
