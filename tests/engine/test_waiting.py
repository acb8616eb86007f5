"""Messages that wait for a viewer's welcome all come after it, in order, and within a limit."""

import asyncpg

from liveshop.core import limits
from liveshop.core.close_codes import CloseCode
from liveshop.core.frames import SharedFrame
from liveshop.core.roles import Identity, Role
from liveshop.core.wire import frame
from liveshop.engine.fanout.audience import Audience
from tests.engine.world import EngineShop, Watcher

ADA = Identity(viewer_id="ada", name="Ada", role=Role.VIEWER)


async def test_commands_before_the_room_is_there_are_answered_after_the_welcome(
    shop: EngineShop, postgres_url: str
) -> None:
    session_id, ada = await shop.plan(), Watcher(ADA)
    connection = await asyncpg.connect(postgres_url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
        shop.engine.viewer_admission.connect(ada, session_id, 0)
        for number in range(1, 101):
            shop.send(ada, "time", client_ms=1, ref=number)
        shop.engine.viewer_admission.answer(
            ada, frame({"type": "error", "ref": 101, "code": "rate_limited"})
        )
    await connection.close()
    await ada.sees("error", ref=101)
    assert [message["type"] for message in ada.inbox[:2]] == ["welcome", "session"]
    answers = [message for message in ada.inbox if message["type"] in ("time", "error")]
    assert [answer["ref"] for answer in answers] == list(range(1, 102))
    assert [answer["type"] for answer in answers].count("time") == limits.COMMANDS_WAITING_MAX


async def test_who_sends_without_end_before_the_room_is_there_is_sent_away(
    shop: EngineShop,
) -> None:
    session_id, ada = await shop.plan(), Watcher(ADA)
    shop.engine.viewer_admission.connect(ada, session_id, 0)
    for number in range(limits.FRAMES_WAITING_MAX + 2):
        shop.send(ada, "time", client_ms=1, ref=number)
    assert _closed(ada) == CloseCode.TOO_SLOW
    assert ada.inbox == []


async def test_private_frames_wait_for_a_welcome_up_to_a_limit() -> None:
    audience, ada = Audience(), Watcher(ADA)
    audience.expect(ada)
    for number in range(limits.FRAMES_WAITING_MAX):
        audience.write_to(ada, frame({"type": "n", "n": number}))
    assert _closed(ada) is None
    audience.write_to(ada, frame({"type": "n", "n": -1}))
    assert _closed(ada) == CloseCode.TOO_SLOW
    assert ada.inbox == []
    audience.seat(ada, frame({"type": "welcome"}), SharedFrame(b"[]"))
    assert ada.inbox == []
    assert audience.empty
    assert not audience.has_buyer("ada")


def _closed(watcher: Watcher) -> int | None:
    return watcher.closed
