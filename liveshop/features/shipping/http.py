"""The fulfilment of orders over HTTP: merchants' systems bring it back, and buyers read it."""

from typing import Final

from liveshop.core import limits
from liveshop.core.errors import Conflict, NotFound
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Uuid
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Input, Nothing, Output, PageLimit
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.sessions import require_session
from liveshop.features.shipping.rules import (
    Carrier,
    Fulfilment,
    FulfilmentState,
    Parcel,
    Tracking,
    TrackingUrl,
)
from liveshop.features.shipping.store import Fulfilments
from liveshop.stores.postgres.orders import Orders


class Fulfil(Input, frozen=True, kw_only=True):
    """The fulfilment of an order; without a `tracking_url` that of a known `carrier` is made."""

    state: FulfilmentState = FulfilmentState.SHIPPED
    carrier: Carrier | None = None
    tracking: Tracking | None = None
    tracking_url: TrackingUrl | None = None

    def parcel(self) -> Parcel:
        """Return it as it is kept."""
        return Parcel(
            state=self.state,
            carrier=self.carrier,
            tracking=self.tracking,
            tracking_url=self.tracking_url,
        ).linked()


class FulfilmentView(Output, frozen=True, kw_only=True):
    """The fulfilment of an order; `tracking_url` is where its parcel is shown, null if unknown."""

    order_id: str
    state: FulfilmentState
    carrier: str | None
    tracking: str | None
    tracking_url: str | None
    shipped_at_ms: int
    delivered_at_ms: int | None

    @classmethod
    def of(cls, fulfilment: Fulfilment) -> "FulfilmentView":
        """Return a fulfilment as it is shown."""
        parcel = fulfilment.parcel
        return cls(
            order_id=fulfilment.order_id,
            state=parcel.state,
            carrier=parcel.carrier,
            tracking=parcel.tracking,
            tracking_url=parcel.tracking_url,
            shipped_at_ms=fulfilment.shipped_ms,
            delivered_at_ms=fulfilment.delivered_ms,
        )


class FulfilmentsPage(Input, frozen=True, kw_only=True):
    """Which page of fulfilments: `after` is the `next` of the page before."""

    after: Uuid | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class FulfilmentList(Output, frozen=True, kw_only=True):
    """A page of fulfilments, by the ids of their orders."""

    fulfilments: list[FulfilmentView]
    next: str | None


async def fulfil_order(services: Services, call: Call[Nothing, Fulfil]) -> Reply:
    """Say that a confirmed order was shipped or delivered, by whom, and where its parcel is shown.

    It replaces what was said before, and goes only forward: a delivered order is a `conflict`
    for `shipped`. The same again changes nothing. Each change is a message of the change feed.
    """
    order = await services.stores[Orders].get(call.path["order_id"])
    call.caller.within(order.session_id)
    made = await services.stores[Fulfilments].put(
        order, call.body.parcel(), services.engine.node.now_ms()
    )
    return Reply(FulfilmentView.of(made))


async def list_fulfilments(services: Services, call: Call[FulfilmentsPage, Nothing]) -> Reply:
    """List what became of the orders of a show: a host sees all, a buyer those of its own."""
    session_id, asked, identity = call.path["session_id"], call.query, call.caller.identity()
    call.caller.within(session_id)
    await require_session(services, call.caller, session_id)
    page = await services.stores[Fulfilments].page(
        session_id,
        buyer=None if identity.role >= Role.HOST else identity.viewer_id,
        after=asked.after or "",
        limit=asked.limit,
    )
    following = page[-1].order_id if len(page) == asked.limit else None
    views = [FulfilmentView.of(each) for each in page]
    return Reply(FulfilmentList(fulfilments=views, next=following))


_OPERATIONS: Final = (
    Operation(
        method="PUT",
        path="/api/orders/{order_id}/fulfilment",
        handler=fulfil_order,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: FulfilmentView},
        refuses=(Conflict,),
    ),
    Operation(
        method="GET",
        path="/api/sessions/{session_id}/fulfilments",
        handler=list_fulfilments,
        scope=Scope.ORDERS,
        needs=Role.VIEWER,
        answers={200: FulfilmentList},
        refuses=(NotFound,),
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of shipping."""
    return _OPERATIONS
