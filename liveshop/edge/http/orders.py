"""Orders and what happens to them after the sale."""

from collections.abc import Sequence

from liveshop.core.errors import Conflict, Expired, NotFound
from liveshop.core.messages import order_fields
from liveshop.core.model import Order
from liveshop.core.roles import Role, Scope
from liveshop.core.wire import Message
from liveshop.edge.http.base_records import ActingFor, Nothing
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.order_records import NewPayment, OrderList, OrdersPage, OrderView
from liveshop.edge.http.sessions import require_session
from liveshop.stores.postgres.orders import Orders


async def list_orders(services: Services, call: Call[OrdersPage, Nothing]) -> Reply:
    """List orders: a host sees all, a buyer its own, and a caller of one shop those of that shop.

    With `session` they come in the order of their last change, and `next` is never null: ask
    with it, and none is missed. Without, the newest come first.
    """
    session_id = call.query.session or call.caller.session_id
    buyer = None if _hosts(call.caller) else call.caller.identity().viewer_id
    if session_id is None:
        newest = await services.stores[Orders].newest(
            call.query.limit, buyer=buyer, shop=call.caller.shop
        )
        return Reply({"orders": await _views(services, newest), "next": None})
    call.caller.within(session_id)
    await require_session(services, call.caller, session_id)
    page = await services.stores[Orders].page(
        session_id, after=call.query.after, limit=call.query.limit, buyer=buyer
    )
    return Reply({"orders": await _views(services, page.orders), "next": page.next})


async def read_order(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read an order; a buyer reads its own."""
    return await _reply(services, await order_for(services, call))


async def cancel_order(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Cancel a confirmed order: its units are for sale again, its money is due for refund."""
    order = await order_for(services, call)
    call.caller.require(Role.HOST)
    return await _reply(services, await services.engine.orders.cancel(order.order_id))


async def confirm_order(services: Services, call: Call[Nothing, NewPayment]) -> Reply:
    """Report a payment; it confirms the whole order. Idempotent by `payment_id`.

    A payment that cannot become an order (wrong amount, a second one, too late, units gone) is
    kept as `refund_due`, and refused.
    """
    order = await services.engine.orders.confirm(
        call.path["order_id"], call.body.payment_id, call.body.amount
    )
    return await _reply(services, order)


async def fail_order(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Say that the payment of a pending order failed: it is void, its units are for sale again.

    Idempotent. A payment that is reported later is kept as `refund_due`.
    """
    return await _reply(services, await services.engine.orders.fail(call.path["order_id"]))


async def abandon_order(services: Services, call: Call[ActingFor, Nothing]) -> Reply:
    """Give up a pending order of one's own: it is void, its units are for sale again. Idempotent.

    A payment that is reported later is kept as `refund_due`. An API key names the buyer in
    `viewer_id`.
    """
    buyer = call.caller.buyer(call.query.viewer_id)
    services.throttle.admit_purchase(call.caller)
    order = await services.stores[Orders].get(call.path["order_id"])
    if order.viewer_id != buyer.viewer_id:
        raise NotFound("order", order.order_id)
    call.caller.within(order.session_id)
    return await _reply(services, await services.engine.orders.abandon(order.order_id))


async def _reply(services: Services, order: Order) -> Reply:
    (view,) = await _views(services, [order])
    return Reply(view)


async def _views(services: Services, orders: Sequence[Order]) -> list[Message]:
    """Return orders with the names of their buyers, which are joined only where they are read."""
    names = await services.people.names_of(list({order.viewer_id for order in orders}))
    return [{**order_fields(order), "name": names.get(order.viewer_id)} for order in orders]


async def order_for(services: Services, call: Call[Nothing, Nothing]) -> Order:
    """Return the order of the path that the caller may see; another buyer's is not found."""
    order = await services.stores[Orders].get(call.path["order_id"])
    if not _hosts(call.caller) and order.viewer_id != call.caller.identity().viewer_id:
        raise NotFound("order", order.order_id)
    call.caller.within(order.session_id)
    return order


def _hosts(caller: Caller) -> bool:
    return caller.identity().role >= Role.HOST


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/orders",
        handler=list_orders,
        scope=Scope.ORDERS,
        needs=Role.VIEWER,
        answers={200: OrderList},
        refuses=(NotFound,),
    ),
    Operation(
        method="GET",
        path="/api/orders/{order_id}",
        handler=read_order,
        scope=Scope.ORDERS,
        needs=Role.VIEWER,
        answers={200: OrderView},
    ),
    Operation(
        method="POST",
        path="/api/orders/{order_id}/cancel",
        handler=cancel_order,
        scope=Scope.ORDERS,
        needs=Role.HOST,
        answers={200: OrderView},
        refuses=(Conflict,),
    ),
    Operation(
        method="POST",
        path="/api/orders/{order_id}/confirm",
        handler=confirm_order,
        scope=Scope.PAYMENTS,
        api_key=True,
        answers={200: OrderView},
        refuses=(Conflict, Expired),
    ),
    Operation(
        method="POST",
        path="/api/orders/{order_id}/failed",
        handler=fail_order,
        scope=Scope.PAYMENTS,
        api_key=True,
        answers={200: OrderView},
        refuses=(Conflict,),
    ),
    Operation(
        method="POST",
        path="/api/orders/{order_id}/abandon",
        handler=abandon_order,
        scope=Scope.ORDERS,
        needs=Role.VIEWER,
        answers={200: OrderView},
        refuses=(Conflict,),
    ),
)
