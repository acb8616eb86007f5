"""Chat, mutes and gauges."""

import pytest

from liveshop.core.errors import Conflict, Forbidden, RateLimited
from liveshop.core.model import Person, Reservation, Row
from liveshop.core.roles import Role
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.live import SessionLive
from liveshop.stores.redis.live_records import PulseReply, RowGauge, SayOutcome, Share
from liveshop.stores.redis.packing import SEPARATOR, session_key
from liveshop.stores.redis.unit_records import UnitsStatus
from tests.stores.redis.harness import START_MS, OpenSession, line, linked, projection, sale

ADA = Person(id="ada", name="Ada")
BO = Person(id="bo", name="Bo")


def live_of(session: OpenSession) -> SessionLive:
    return SessionLive(session.link, Library(), session.id)


async def pulse(live: SessionLive, node: str = "n1", **changes: object) -> PulseReply:
    fields: dict[str, object] = {
        "features": ("chat", "likes"),
        "viewers": 0,
        "likes_added": 0,
        "likes_seen": 0,
        "peak_seen": 0,
        "tick_seen": "",
        "chat_after": "",
    }
    return await live.pulse(1, node=node, **(fields | changes))  # type: ignore[arg-type]


async def test_viewers_are_those_of_all_nodes_that_were_heard_lately(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        await pulse(live, "n1", viewers=3)
        both = await pulse(live, "n2", viewers=4)
        assert (both.viewers, both.nodes, both.viewers_peak) == (7, 2, 7)
        await session.set_clock(START_MS + 3000)
        assert (await pulse(live, "n2", viewers=1)).viewers == 4
        await session.set_clock(START_MS + 3001)
        alone = await pulse(live, "n2", viewers=1)
        assert (alone.viewers, alone.nodes, alone.viewers_peak) == (1, 1, 7)


async def test_the_features_of_a_session_are_those_that_all_of_its_nodes_have(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        assert (await pulse(live, "n1")).features == {"chat", "likes"}
        assert (await pulse(live, "n2", features=("likes", "polls"))).features == {"likes"}
        # As a release before features wrote it.
        older = session_key(session.id, "nodes")
        await link.call("HSET", older, "n3", SEPARATOR.join(("1", str(START_MS))))
        assert (await pulse(live, "n1")).features == frozenset()
        await session.set_clock(START_MS + 3001)
        assert (await pulse(live, "n1")).features == {"chat", "likes"}


async def test_likes_add_up_and_go_on_from_what_was_seen_when_redis_forgets(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        assert (await pulse(live, likes_added=5)).likes == 5
        assert (await pulse(live, "n2", likes_added=2, likes_seen=5)).likes == 7
        await link.call("FLUSHALL")
        lost = await pulse(live, likes_added=1, likes_seen=7, peak_seen=9)
        assert (lost.status, lost.epoch) == (UnitsStatus.FENCED, 0)
        assert (lost.likes, lost.viewers_peak, lost.rows) == (8, 9, None)


async def test_rows_come_only_when_something_has_changed(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        first = await pulse(live)
        assert first.rows is not None and {gauge.left for gauge in first.rows} == {10}
        assert (await pulse(live, tick_seen=first.tick)).rows is None
        await session.reserve(line(quantity=2))
        second = await pulse(live, tick_seen=first.tick)
        assert second.rows is not None
        assert RowGauge(row="sS", units=10, sold=0, held=2, version=1) in second.rows
        await session.units.copy(1, [Row(row="sS", units=11, sold=0, version=2)])
        assert (await pulse(live, tick_seen=second.tick)).rows is not None


async def test_sale_without_units_of_its_own_has_no_gauge(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link, projection(sale=sale()))
        await session.reserve(line())
        rows = (await pulse(live_of(session))).rows
        assert rows is not None and {gauge.row for gauge in rows} == {"sS", "sM"}


async def test_pulse_tells_what_became_of_reservations(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        (reply,) = await session.reserve(line(rid="r1"))
        known = (await pulse(live_of(session), rids=["r1", "unknown"])).reservations
        expected: dict[str, Reservation | None] = {"r1": reply.reservation}
        assert known == expected


async def test_chat_comes_in_order_and_only_what_is_new(redis_url: str) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        said = [await live.say(ADA, f"hello {n}") for n in range(3)]
        messages = tuple(reply.message for reply in said)
        assert messages[0].at_ms == START_MS
        assert (await pulse(live)).chat == messages
        assert (await pulse(live, chat_after=messages[0].id)).chat == messages[1:]
        assert await live.chat_get(messages[1].id) == messages[1]
        await live.chat_delete(messages[1].id)
        assert await live.chat_get(messages[1].id) is None
        assert (await pulse(live)).chat == (messages[0], messages[2])


async def test_chat_keeps_the_last_fifty(redis_url: str) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        for n in range(60):
            await live.say(ADA, str(n), per_second_max=1000)
        assert [m.text for m in (await pulse(live)).chat] == [str(n) for n in range(10, 60)]


async def test_more_than_a_human_can_read_is_dropped_and_counted(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        said = [await live.say(ADA, str(n), per_second_max=2) for n in range(4)]
        assert [reply.outcome for reply in said] == [SayOutcome.SENT] * 2 + [SayOutcome.DROPPED] * 2
        seen = await pulse(live)
        assert (len(seen.chat), seen.chat_dropped) == (2, 2)
        assert len({reply.message.id for reply in said}) == 4
        await session.set_clock(START_MS + 1000)
        assert (await live.say(ADA, "again", per_second_max=2)).outcome is SayOutcome.SENT


async def test_muted_viewer_is_heard_again_when_its_time_is_over(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        assert await live.mute("ada", 5000, Role.MODERATOR) == START_MS + 5000
        muted = await live.say(ADA, "psst")
        assert (muted.outcome, muted.message.text) == (SayOutcome.MUTED, "psst")
        assert (await live.say(BO, "hi")).outcome is SayOutcome.SENT
        assert [m.text for m in (await pulse(live)).chat] == ["hi"]
        await session.set_clock(START_MS + 4999)
        assert (await live.say(ADA, "psst")).outcome is SayOutcome.MUTED
        await session.set_clock(START_MS + 5000)
        assert (await live.say(ADA, "back")).outcome is SayOutcome.SENT


async def test_mute_for_the_session_ends_by_unmute_alone(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        assert await live.mute("ada", None, Role.MODERATOR) is None
        await session.set_clock(START_MS + 10**10)
        assert (await live.say(ADA, "psst")).outcome is SayOutcome.MUTED
        assert await live.unmute("ada", Role.MODERATOR) is True
        assert await live.unmute("ada", Role.MODERATOR) is False
        assert (await live.say(ADA, "back")).outcome is SayOutcome.SENT


async def test_a_mute_is_replaced_and_lifted_only_by_roles_that_are_not_lower(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        assert await live.mute("ada", 5000, Role.HOST) == START_MS + 5000
        with pytest.raises(Conflict, match="ada is muted by somebody of a higher role already"):
            await live.mute("ada", 1, Role.MODERATOR)
        with pytest.raises(Forbidden, match="host"):
            await live.unmute("ada", Role.MODERATOR)
        await session.set_clock(START_MS + 4999)
        assert (await live.say(ADA, "psst")).outcome is SayOutcome.MUTED
        assert await live.unmute("ada", Role.HOST) is True
        # One that is over stands in nobody's way.
        await live.mute("ada", 1, Role.ADMIN)
        await session.set_clock(START_MS + 5000)
        assert await live.mute("ada", None, Role.MODERATOR) is None
        assert await live.unmute("ada", Role.MODERATOR) is True


async def test_an_id_that_is_none_is_not_found(redis_url: str) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        for chat_id in ("nonsense", "1-", "-", "+", "9" * 30 + "-0", "1-1"):
            assert await live.chat_get(chat_id) is None
            await live.chat_delete(chat_id)


async def test_an_answer_comes_back_with_the_message_that_it_names_and_with_its_role(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        host = Person(id="h", name="Host", role="host")
        asked = (await live.say(ADA, "small?")).message
        answers = [
            (await live.say(person, "no", reply_to=asked.id)).message for person in (host, BO)
        ]
        assert [message.reply_to for message in (asked, *answers)] == [None, asked.id, asked.id]
        expected = [asked, *answers]
        assert list((await pulse(live)).chat) == expected
        assert (await live.likes_and_chat())[1] == expected
        assert [await live.chat_get(message.id) for message in expected] == expected


async def test_text_of_any_script_comes_back_as_it_was(redis_url: str) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        text = "größer — 靴 👟 \\x1f\"'{}"
        await live.say(Person(id="ü", name="Ünal"), text)
        (message,) = (await pulse(live)).chat
        assert (message.text, message.viewer) == (text, Person(id="ü", name="Ünal"))


async def test_slow_mode_says_how_long_to_wait_and_counts_from_what_was_said(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live = live_of(session)
        assert (await live.say(ADA, "one", slow_ms=5000)).outcome is SayOutcome.SENT
        assert (await live.say(BO, "hi", slow_ms=5000)).outcome is SayOutcome.SENT
        await session.set_clock(START_MS + 4000)
        with pytest.raises(RateLimited) as refused:
            await live.say(ADA, "two", slow_ms=5000)
        assert refused.value.fields == {"retry_after_ms": 1000}
        await session.set_clock(START_MS + 5000)
        assert (await live.say(ADA, "three", slow_ms=5000)).outcome is SayOutcome.SENT
        assert (await live.say(ADA, "four")).outcome is SayOutcome.SENT
        assert [m.text for m in (await pulse(live)).chat] == ["one", "hi", "three", "four"]


async def test_visitors_are_counted_once_each(redis_url: str) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        assert await live.visit([]) == 0
        assert await live.visit(["u:ada", "v:x", "u:ada"]) == 2
        assert await live.visit(["u:ada", "u:bo"]) == 3
        many = [f"u:{number}" for number in range(2_500)]
        assert await live.visit(many) == pytest.approx(2_503, rel=0.03)


async def test_the_role_of_the_staff_comes_back_with_what_it_said(redis_url: str) -> None:
    async with linked(redis_url) as link:
        live = live_of(await OpenSession.start(link))
        people = (ADA, Person(id="mo", name="Mo", role="moderator"))
        said = [(await live.say(person, "hi")).message for person in people]
        assert (await pulse(live)).chat == tuple(said)
        assert [await live.chat_get(message.id) for message in said] == said
        assert (await live.likes_and_chat())[1] == said
        assert [message.viewer.role for message in said] == [None, "moderator"]


async def test_a_line_of_an_older_release_has_no_role(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        line = ("viewer", "bo", "name", "Bo", "at_ms", "5", "text", "hi")
        await link.call("XADD", session_key(session.id, "chat"), "*", *line)
        (message,) = (await pulse(live_of(session))).chat
        assert (message.viewer, message.text) == (BO, "hi")


async def test_one_viewer_has_a_share_of_the_messages_and_others_have_theirs(
    redis_url: str,
) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live, share = live_of(session), Share(step_ms=4_000, burst=2)
        elsewhere = live_of(session)
        for each in (live, elsewhere):
            assert (await each.say(ADA, "hi", share=share)).outcome is SayOutcome.SENT
        for each in (live, elsewhere):
            with pytest.raises(RateLimited) as refused:
                await each.say(ADA, "again", share=share)
            assert 0 < refused.value.fields["retry_after_ms"] <= 4_000
        assert (await live.say(BO, "hi", share=share)).outcome is SayOutcome.SENT
        seen = await pulse(live)
        assert ([m.text for m in seen.chat], seen.chat_dropped) == (["hi"] * 3, 0)


async def test_a_share_that_is_used_up_costs_no_turn_in_slow_mode(redis_url: str) -> None:
    async with linked(redis_url) as link:
        session = await OpenSession.start(link)
        live, share = live_of(session), Share(step_ms=4_000, burst=1)
        await live.say(ADA, "one", share=share)
        with pytest.raises(RateLimited):
            await live.say(ADA, "two", share=share, slow_ms=5_000)
        assert (await live.say(ADA, "three", slow_ms=5_000)).outcome is SayOutcome.SENT
