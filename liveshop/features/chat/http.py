"""The words that a show's chat refuses, over HTTP: the log, which viewers read, has them not."""

from typing import Final

from msgspec import Struct

from liveshop.core.feature import Vocabulary
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.features.chat.store import BlockedWordLists
from liveshop.stores.postgres.sessions import Sessions


class WordList(Struct, frozen=True, kw_only=True):
    """The words that a chat refuses."""

    words: list[str]


async def read_blocked_words(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read the words that a show's chat refuses."""
    session_id = call.path["session_id"]
    await services.stores[Sessions].get(session_id)
    return Reply(WordList(words=await services.stores[BlockedWordLists].of(session_id)))


_OPERATION: Final = Operation(
    method="GET",
    path="/api/sessions/{session_id}/words",
    handler=read_blocked_words,
    scope=Scope.SESSIONS,
    needs=Role.MODERATOR,
    answers={200: WordList},
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the chat's operations."""
    return (_OPERATION,)
