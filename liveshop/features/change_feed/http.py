"""The change feed over HTTP, for programs that ask instead of being called."""

from typing import Annotated, Any, Final

from msgspec import Meta

from liveshop.core.errors import BadRequest
from liveshop.core.feature import Vocabulary
from liveshop.core.roles import Role, Scope
from liveshop.core.wire import decode_as
from liveshop.edge.http.base_records import Input, Nothing, Output
from liveshop.edge.http.base_records import Sequence as Number
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.features.change_feed.rules import (
    CHANGES_PER_PAGE_DEFAULT,
    CHANGES_PER_PAGE_MAX,
    TypePattern,
)
from liveshop.features.change_feed.store import Feed

_TYPES_CHARS_MAX: Final = 1_000


class ChangesAfter(Input, frozen=True, kw_only=True):
    """Which messages: those after a `next`, of types separated by commas, `order.*,ping`."""

    after: Number = 0
    limit: Annotated[int, Meta(ge=1, le=CHANGES_PER_PAGE_MAX)] = CHANGES_PER_PAGE_DEFAULT
    types: Annotated[str, Meta(max_length=_TYPES_CHARS_MAX)] | None = None


class ChangeView(Output, frozen=True, kw_only=True):
    """A message: one step of one subject, as it is sent to webhooks."""

    id: str
    type: str
    timestamp: str
    subject: str
    sequence: int
    data: dict[str, Any]


class ChangeList(Output, frozen=True, kw_only=True):
    """Messages in their order; ask again after `next`, and none is missed."""

    messages: list[ChangeView]
    next: int


async def read_changes(services: Services, call: Call[ChangesAfter, Nothing]) -> Reply:
    """Read what happened, in order: the same messages that webhooks are sent, to the letter.

    `next` is never null: ask with it again and again, and no message is missed. Messages are kept
    for 30 days.
    """
    call.caller.require_anywhere()
    asked = call.query
    page = await services.stores[Feed].changes(
        asked.after, asked.limit, types=_patterns(asked.types), shop=call.caller.shop
    )
    return Reply(b'{"messages":[%s],"next":%d}' % (b",".join(page.bodies), page.next))


def _patterns(text: str | None) -> list[str] | None:
    if text is None:
        return None
    try:
        patterns: list[str] = decode_as(
            [each.strip() for each in text.split(",")], list[TypePattern]
        )
    except BadRequest:
        raise BadRequest("`types`: write types such as order.confirmed or order.*") from None
    return None if "*" in patterns else patterns


_OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/api/changes",
        handler=read_changes,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: ChangeList},
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of the change feed."""
    return _OPERATIONS
