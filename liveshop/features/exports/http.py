"""Exports over HTTP: asked for, watched, fetched and removed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from liveshop.core.errors import Busy, Conflict, LimitReached, NotFound
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Id
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.caller_turns import CallerTurns
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Call, Made, Named, Operation, Reply, Services
from liveshop.edge.http.shops import owner_of_session
from liveshop.features.exports.http_records import (
    ExportList,
    ExportsPage,
    ExportView,
    NewExport,
    RemovedExport,
)
from liveshop.features.exports.rules import ExportState
from liveshop.features.exports.store import Exports

_PER_CALLER_MAX: Final = 2
_AT_ONCE_MAX: Final = 8


async def add_export(services: Services, call: Call[Nothing, NewExport]) -> Reply:
    """Have a worker make a file of orders, lines, events or samples.

    It is as of one instant, sorted, and the same to the byte whoever makes it. It is kept for seven
    days; a shop has 20 at most. A caller of one shop gets that shop's.
    """
    call.caller.require_anywhere()
    asked = call.body.asked(call.caller.shop)
    if asked.session_id is not None:
        owner = await owner_of_session(services, asked.session_id)
        if owner is None or asked.shop not in (None, owner.shop):
            raise NotFound("session", asked.session_id)
    export = await services.stores[Exports].ask(asked, services.engine.node.now_ms())
    made = Made(about=export.export_id, session_id=asked.session_id, shop=asked.shop)
    return Reply(ExportView.of(export), 201, made=made)


async def list_exports(services: Services, call: Call[ExportsPage, Nothing]) -> Reply:
    """List exports, the newest first; a caller of one shop is shown that shop's."""
    call.caller.require_anywhere()
    asked = call.query
    page = await services.stores[Exports].page(
        call.caller.shop, before=asked.before, limit=asked.limit
    )
    following = page[-1].number if len(page) == asked.limit else None
    return Reply(ExportList(exports=[ExportView.of(each) for each in page], next=following))


async def read_export(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read how far an export is: `rows` of `rows_expected`."""
    call.caller.require_anywhere()
    found = await services.stores[Exports].get(call.path["export_id"], call.caller.shop)
    return Reply(ExportView.of(found))


async def read_export_file(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read the file of an export that is done; its digest is in `sha256` of the export.

    A caller reads two at a time, a node sends eight, else it is `busy`.
    """
    call.caller.require_anywhere()
    exports, export_id = services.stores[Exports], call.path["export_id"]
    export = await exports.get(export_id, call.caller.shop)
    if export.state is not ExportState.DONE:
        raise Conflict(f"the export is {export.state}")
    return Reply(_file(services, call.caller, exports.parts(export_id)))


async def remove_export(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Remove an export with its file; one that is being made is given up."""
    call.caller.require_anywhere()
    exports, export_id = services.stores[Exports], call.path["export_id"]
    await exports.get(export_id, call.caller.shop)
    await exports.remove(export_id)
    return Reply(RemovedExport(id=export_id))


async def _file(
    services: Services, caller: Caller, parts: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(parts):
        with services[_turns].turn(caller):
            async for part in parts:
                yield part


def _turns(services: Services) -> CallerTurns:
    return CallerTurns(
        per_caller_max=_PER_CALLER_MAX,
        at_once_max=_AT_ONCE_MAX,
        busy="a file is under way, try again",
    )


_PATH: Final = "/api/exports"
_ONE: Final = f"{_PATH}/{{export_id}}"
# Each is looked for only among those of the caller's shop.
_NAMES: Final = {"export_id": Named(Id)}
_OPERATIONS: Final = (
    Operation(
        method="POST",
        path=_PATH,
        handler=add_export,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={201: ExportView},
        refuses=(NotFound, LimitReached),
    ),
    Operation(
        method="GET",
        path=_PATH,
        handler=list_exports,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: ExportList},
    ),
    Operation(
        method="GET",
        path=_ONE,
        names=_NAMES,
        handler=read_export,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: ExportView},
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        names=_NAMES,
        handler=remove_export,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: RemovedExport},
    ),
    Operation(
        method="GET",
        path=f"{_ONE}/file",
        names=_NAMES,
        handler=read_export_file,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: str},
        refuses=(Conflict, Busy),
        returns="application/octet-stream",
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of exports."""
    return _OPERATIONS
