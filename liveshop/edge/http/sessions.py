"""Sessions, their commands and their log over HTTP."""

from collections.abc import Iterator

from liveshop.core.commands import Command
from liveshop.core.errors import (
    Busy,
    Conflict,
    LimitReached,
    NotFound,
    OutcomeUnknown,
    SoldOut,
    Unavailable,
)
from liveshop.core.feature import Vocabulary
from liveshop.core.model import Status
from liveshop.core.roles import Role, Scope
from liveshop.core.shops import require_shop
from liveshop.core.stream import for_viewers
from liveshop.core.wire import Message
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.edge.http.session_records import (
    EventsPage,
    NewSession,
    SessionsPage,
    event_list,
    happened,
    session_list,
    session_view,
)
from liveshop.edge.http.shops import owner_of_session
from liveshop.stores.postgres.sessions import Sessions


async def add_session(services: Services, call: Call[Nothing, NewSession]) -> Reply:
    """Plan a session: scheduled if it says when it starts, else a draft."""
    call.caller.require_anywhere()
    new = call.body
    info = await services.engine.create_session(
        title=new.title,
        currency=new.currency or services.settings.currency,
        payment=new.payment,
        hold_ms=new.hold_ms,
        starts_at_ms=new.starts_at_ms,
        stream_url=new.stream_url,
        cover_url=new.cover_url,
        checkout_url=new.checkout_url,
        shop=call.caller.shop_of_new(new.shop),
    )
    try:
        view = await _view(services, info.id, call.caller, info.shop)
    except Unavailable as away:
        # It is made: asked for again as if it were not, there would be two.
        raise OutcomeUnknown() from away
    return Reply(view, 201, made=Made(session_id=info.id, shop=info.shop))


async def list_sessions(services: Services, call: Call[SessionsPage, Nothing]) -> Reply:
    """List sessions, the newest first; drafts are shown from moderators on.

    A caller of one shop is shown those of that shop.
    """
    page = await services.stores[Sessions].page(
        after=call.query.after,
        limit=call.query.limit,
        drafts=call.caller.is_staff_of(None),
        shop=call.caller.shop,
    )
    views = [
        await _view(services, record.info.id, call.caller, record.info.shop)
        for record in page.sessions
    ]
    return Reply({"sessions": views, "next": page.next})


async def read_session(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read a session as viewers see it, without its chat; staff see its stream at any time."""
    session_id = call.path["session_id"]
    owner = await owner_of_session(services, session_id) if call.caller.is_staff else None
    view = await _view(services, session_id, call.caller, owner.shop if owner else None)
    _refuse_draft(call.caller, session_id, view["status"])
    return Reply(view)


async def command_session(services: Services, call: Call[Nothing, Command]) -> Reply:
    """Carry out a command of a host or a moderator; each needs the role it has on a socket."""
    assert call.body.needs is not None, "commands of hosts need a role"
    call.caller.require(call.body.needs)
    by = call.caller.identity()
    events = await services.engine.execute(call.path["session_id"], call.body, by)
    return Reply({"events": events})


async def list_events(services: Services, call: Call[EventsPage, Nothing]) -> Reply:
    """Read the log of a session, from the event after `after`; ask again with `next`.

    While the show is not live, only staff are told where its video was.
    """
    session_id = call.path["session_id"]
    status = await require_session(services, call.caller, session_id)
    events = await services.stores[Sessions].events(
        session_id, after=call.query.after, limit=call.query.limit
    )
    if not call.caller.is_staff_of(session_id):
        events = [for_viewers(event, live=status is Status.LIVE) for event in events]
    return Reply({"events": events, "next": events[-1].offset if events else call.query.after})


async def require_session(services: Services, caller: Caller, session_id: str) -> Status:
    """Return a session's status; NotFound for an unknown one, and one that the caller may not see.

    These are drafts and those of another shop.
    """
    record = await services.stores[Sessions].get(session_id)
    require_shop(caller.shop, record.info.shop, "session", session_id)
    _refuse_draft(caller, session_id, record.status)
    return record.status


def _refuse_draft(caller: Caller, session_id: str, status: str) -> None:
    if status == Status.DRAFT and not caller.is_staff_of(session_id):
        raise NotFound("session", session_id)


async def _view(services: Services, session_id: str, caller: Caller, shop: str | None) -> Message:
    """Return a session as a caller sees it; staff are told the shop that it belongs to."""
    for_staff = caller.is_staff_of(session_id)
    snapshot = await services.engine.rooms.view(session_id, for_staff=for_staff)
    view = {name: value for name, value in snapshot.items() if name != "chat"}
    return {**view, "shop": shop} if shop is not None and caller.is_staff else view


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations; sessions, commands and events are those of a vocabulary."""
    return (*_session_operations(vocabulary), *_log_operations(vocabulary))


def _session_operations(vocabulary: Vocabulary) -> Iterator[Operation]:
    view = session_view(vocabulary)
    yield Operation(
        method="POST",
        path="/api/sessions",
        handler=add_session,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={201: view},
    )
    yield Operation(
        method="GET",
        path="/api/sessions",
        handler=list_sessions,
        scope=Scope.SESSIONS,
        answers={200: session_list(view)},
    )
    yield Operation(
        method="GET",
        path="/api/sessions/{session_id}",
        handler=read_session,
        scope=Scope.SESSIONS,
        answers={200: view},
    )


def _log_operations(vocabulary: Vocabulary) -> Iterator[Operation]:
    yield Operation(
        method="POST",
        path="/api/sessions/{session_id}/commands",
        handler=command_session,
        scope=Scope.SESSIONS,
        body=vocabulary.staff_command,
        records=False,
        needs=Role.MODERATOR,
        answers={200: happened(vocabulary.any_event)},
        refuses=(Conflict, SoldOut, LimitReached, Busy),
    )
    yield Operation(
        method="GET",
        path="/api/sessions/{session_id}/events",
        handler=list_events,
        scope=Scope.SESSIONS,
        answers={200: event_list(vocabulary.any_event)},
    )
