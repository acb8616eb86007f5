"""The whole show, scene by scene, as a server of any checkout tells it."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

import httpx

from tests.recording import (
    buying_scenes,
    catalogue_scenes,
    chat_scenes,
    ending_scenes,
    hosting_scenes,
    paying_scenes,
)
from tests.recording.stage import RecordingStage
from tests.recording.tape import Tape

Scene = Callable[[RecordingStage], Awaitable[None]]

_SCENES: Final[tuple[Scene, ...]] = (
    catalogue_scenes.roads,
    catalogue_scenes.catalogue,
    catalogue_scenes.plan,
    catalogue_scenes.keys,
    catalogue_scenes.doors,
    hosting_scenes.begin_timer,
    paying_scenes.begin_holds,
    hosting_scenes.join,
    hosting_scenes.fill,
    hosting_scenes.start,
    buying_scenes.buy,
    buying_scenes.fill_carts,
    hosting_scenes.sell,
    buying_scenes.reserve,
    paying_scenes.begin_to_pay,
    chat_scenes.chat,
    chat_scenes.moderate,
    chat_scenes.like,
    paying_scenes.pay,
    paying_scenes.expire,
    buying_scenes.hurry,
    ending_scenes.come_late,
    ending_scenes.end,
    hosting_scenes.end_timer,
    ending_scenes.read_books,
    ending_scenes.look_back,
)


async def play(
    url: str, secret: str, *, document: bool = False, stop: Callable[[], None] | None = None
) -> Tape:
    """Play the show on a fresh server and return what everybody was told.

    `document` adds the OpenAPI document. `stop` asks the server to stop, for the last scene.
    """
    failure: Exception | None = None
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http,
        AsyncExitStack() as exits,
    ):
        stage = RecordingStage(url, secret, http, exits)
        try:
            await _play(stage, document, stop)
        except Exception as error:
            # Raised here, it would be wrapped once for each connection that is open.
            failure = error
    if failure is not None:
        raise failure
    return stage.tape


async def _play(stage: RecordingStage, document: bool, stop: Callable[[], None] | None) -> None:
    if document:
        await catalogue_scenes.document(stage)
    for scene in _SCENES:
        await scene(stage)
    if stop is not None:
        stop()
        await ending_scenes.go(stage)
