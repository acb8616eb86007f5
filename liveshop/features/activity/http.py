"""The activity log over HTTP."""

from typing import Final

from liveshop.core import limits
from liveshop.core.errors import NotFound
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Id
from liveshop.core.roles import Role
from liveshop.edge.http.base_records import Input, Nothing, Output, PageLimit, Sequence
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.sessions import require_session
from liveshop.stores.postgres.activity import ActivityStore, Numbered


class ActivityQuery(Input, frozen=True, kw_only=True):
    """Which entries: those of a session, of a subject, or all; `after` is the `next` before."""

    session: Id | None = None
    subject: Id | None = None
    # The newest come first, so the first page starts below the highest number there is.
    after: Sequence = limits.REF_MAX
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class ActivityEntry(Output, frozen=True, kw_only=True):
    """One thing that somebody did, or was refused."""

    number: int
    at_ms: int
    subject: str
    name: str
    role: str
    kind: str
    action: str
    object: str | None
    session_id: str | None
    shop: str | None
    outcome: str
    address: str | None


class ActivityList(Output, frozen=True, kw_only=True):
    """A page of the activity log, the newest entries first."""

    entries: list[ActivityEntry]
    next: int | None


async def list_activity(services: Services, call: Call[ActivityQuery, Nothing]) -> Reply:
    """List who did what, the newest first: changes, and what was refused.

    A caller of one shop is shown what concerns that shop, one of one session what concerns that.
    """
    session_id = call.query.session or call.caller.session_id
    if session_id is not None:
        call.caller.within(session_id)
        await require_session(services, call.caller, session_id)
    page = await services.stores[ActivityStore].page(
        before=call.query.after,
        limit=call.query.limit,
        shop=call.caller.shop,
        session_id=session_id,
        subject=call.query.subject,
    )
    return Reply(ActivityList(entries=[_view(each) for each in page.entries], next=page.next))


def _view(numbered: Numbered) -> ActivityEntry:
    entry = numbered.activity
    return ActivityEntry(
        number=numbered.number,
        at_ms=entry.at_ms,
        subject=entry.subject,
        name=entry.name,
        role=entry.role,
        kind=entry.kind,
        action=entry.action,
        object=entry.object,
        session_id=entry.session_id,
        shop=entry.shop,
        outcome=entry.outcome,
        address=entry.address,
    )


_OPERATION: Final = Operation(
    method="GET",
    path="/api/activity",
    handler=list_activity,
    scope=None,
    needs=Role.HOST,
    answers={200: ActivityList},
    refuses=(NotFound,),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operation that reads the log."""
    return (_OPERATION,)
