"""Shows that are planned again, over HTTP: one copy, or one for every week."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from liveshop.core.errors import Conflict, LimitReached, SoldOut
from liveshop.core.feature import Vocabulary
from liveshop.core.roles import Role, Scope
from liveshop.core.session import SessionInfo
from liveshop.core.shelving import SkuUnits
from liveshop.core.snapshot import Gauges, snapshot
from liveshop.core.wire import Message, as_message
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.features.planning.http_copies import Copies, read_source
from liveshop.features.planning.http_records import (
    NewClone,
    NewRepeats,
    RepeatedShow,
    RepeatedShows,
    clone_view,
)
from liveshop.features.planning.http_times import local_time, time_zone, weeks_after
from liveshop.features.planning.rules import SaveOrigin, copy_of, repeated_id
from liveshop.features.planning.store import Origins
from liveshop.stores.postgres.sessions import Sessions


async def clone_session(services: Services, call: Call[Nothing, NewClone]) -> Reply:
    """Plan a show like another one, in the same shop: settings, shelf, prices, plan, blocked words.

    The same `session_id` with the same fields is the same copy, however often it is asked for.
    Units are taken out of the catalogue's stock, as many as there are; `units` of the answer says
    of each SKU what was asked for and got. Nothing of the audience goes along: no order, chat or
    figure.
    """
    call.caller.require_anywhere()
    new, source_id = call.body, call.path["session_id"]
    source = await read_source(services, source_id, copies=1, with_units=new.units == "copy")
    asked = _asked(new, ("title", "starts_at_ms", "units", "all_or_nothing"))
    copies = Copies(
        services=services,
        source=source,
        by=call.caller.identity(),
        action="clone_session",
        asked=asked,
        all_or_nothing=new.all_or_nothing,
    )
    info = copy_of(
        source.state.info, new.session_id, title=new.title, starts_at_ms=new.starts_at_ms
    )
    made: set[str] = set() if new.dry_run else await copies.store([info])
    origin = await _refuse_other(services, info.id, source_id, asked)
    if origin is None:
        assert new.dry_run, "a copy has an origin"
        return Reply(await _would_be_cloned(services, copies, info))
    services.engine.rooms.found(info.id)
    view = await services.engine.rooms.view(info.id, for_staff=True)
    return Reply(_answer(view, info.shop, origin.units), 201 if made else 200)


async def repeat_session(services: Services, call: Call[Nothing, NewRepeats]) -> Reply:
    """Plan copies of a show that start every week at the same local time, all or none of them.

    Across summer time the local time stays. One that the clocks skip is as much later as they
    skip, one that comes twice is the first. A copy of this show that starts at the same instant is
    the same one, however often it is asked for: it stays as it is. Without `units` no stock is
    taken: it would be set aside for shows of next year.
    """
    call.caller.require_anywhere()
    new, source_id = call.body, call.path["session_id"]
    source = await read_source(
        services, source_id, copies=new.count, with_units=new.units == "copy"
    )
    zone = time_zone(new.time_zone)
    first_ms, weeks = new.starts_at_ms, range(new.count)
    if first_ms is None:
        first_ms, weeks = source.state.info.starts_at_ms, range(1, new.count + 1)
    if first_ms is None:
        raise Conflict("the show has no start: say in `starts_at_ms` when the first one starts")
    infos = [
        copy_of(
            source.state.info, repeated_id(source_id, at_ms), title=new.title, starts_at_ms=at_ms
        )
        for at_ms in weeks_after(first_ms, weeks, zone)
    ]
    copies = Copies(
        services=services,
        source=source,
        by=call.caller.identity(),
        action="repeat_session",
        asked=_asked(new, ("title", "units", "all_or_nothing")),
        all_or_nothing=new.all_or_nothing,
    )
    if new.dry_run:
        return Reply(await _would_be(services, copies, infos, new.time_zone))
    made = await copies.store(infos)
    return Reply(await _repeated(services, infos, made, new.time_zone), 201 if made else 200)


def _asked(new: NewClone | NewRepeats, fields: Sequence[str]) -> Mapping[str, Any]:
    return {name: getattr(new, name) for name in fields}


async def _refuse_other(
    services: Services, session_id: str, source_id: str, asked: Mapping[str, Any]
) -> SaveOrigin | None:
    """Return the origin of a copy; Conflict if there is such a session and it is another one."""
    origin = (await services.stores[Origins].of([session_id])).get(session_id)
    if origin is None:
        if await services.stores[Sessions].heads([session_id]):
            raise Conflict(f"there is a session {session_id} already")
    elif (origin.source_id, origin.asked) != (source_id, asked):
        raise Conflict(f"the session {session_id} was asked for in another way already")
    return origin


def _answer(view: Message, shop: str | None, units: Sequence[SkuUnits]) -> Message:
    answer = {name: value for name, value in view.items() if name != "chat"}
    if shop is not None:
        answer["shop"] = shop
    return {**answer, "units": [as_message(each) for each in units]}


async def _would_be_cloned(services: Services, copies: Copies, info: SessionInfo) -> Message:
    """Return the answer that storing the copy would have."""
    ((state, units),) = await copies.planned([info])
    buying = services.engine.node.stores_up
    gauges = Gauges.of(state, {}, viewers=0, likes=0, buying=buying)
    view = snapshot(state, gauges, (), copies.source.now_ms, for_staff=True)
    return _answer(view, info.shop, units)


async def _would_be(
    services: Services, copies: Copies, infos: Sequence[SessionInfo], zone: str
) -> RepeatedShows:
    """Return the answer that storing the copies would have."""
    known = await services.stores[Sessions].heads([info.id for info in infos])
    new = [info for info in infos if info.id not in known]
    planned = await copies.planned(new)
    units = {state.info.id: units for state, units in planned}
    return await _repeated(services, infos, units.keys(), zone, units)


async def _repeated(
    services: Services,
    infos: Sequence[SessionInfo],
    created: Set[str],
    zone: str,
    units: Mapping[str, Sequence[SkuUnits]] | None = None,
) -> RepeatedShows:
    """Return the copies; those that were there before as they are now."""
    if units is None:
        origins = await services.stores[Origins].of([info.id for info in infos])
        units = {name: origin.units for name, origin in origins.items()}
    shows = []
    for info in infos:
        title, status = info.title, info.first_status
        if info.id not in created:
            record = await services.stores[Sessions].get(info.id)
            title, status = record.info.title, record.status
        assert info.starts_at_ms is not None, "a repeated show has a start"
        show = RepeatedShow(
            id=info.id,
            title=title,
            status=status,
            starts_at_ms=info.starts_at_ms,
            local_time=local_time(info.starts_at_ms, time_zone(zone)),
            created=info.id in created,
            units=list(units.get(info.id, ())),
        )
        shows.append(show)
    return RepeatedShows(sessions=shows)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations; a copy is shown with the fields of a vocabulary."""
    return tuple(_operations(vocabulary))


def _operations(vocabulary: Vocabulary) -> Iterator[Operation]:
    view = clone_view(vocabulary)
    yield Operation(
        method="POST",
        path="/api/sessions/{session_id}/clone",
        handler=clone_session,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={201: view, 200: view},
        refuses=(Conflict, SoldOut, LimitReached),
        # Each copy has its entry in the transaction that makes it.
        records=False,
    )
    yield Operation(
        method="POST",
        path="/api/sessions/{session_id}/repeat",
        handler=repeat_session,
        scope=Scope.SESSIONS,
        needs=Role.HOST,
        answers={201: RepeatedShows, 200: RepeatedShows},
        refuses=(Conflict, SoldOut, LimitReached),
        records=False,
    )
