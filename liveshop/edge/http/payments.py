"""Money that was reported, and what has to be given back."""

from liveshop.core.errors import Conflict
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.edge.http.order_records import (
    PaymentList,
    PaymentsPage,
    PaymentView,
    RefundedPayment,
)
from liveshop.stores.postgres.payments import Payments


async def list_payments(services: Services, call: Call[PaymentsPage, Nothing]) -> Reply:
    """List payments in a status: those to be given back, unless another one is asked for.

    A caller of one shop is shown those of that shop.
    """
    call.caller.require_anywhere()
    page = await services.stores[Payments].page(
        call.query.status,
        after=call.query.after,
        limit=call.query.limit,
        shop=call.caller.shop,
    )
    return Reply(page)


async def mark_refunded(services: Services, call: Call[RefundedPayment, Nothing]) -> Reply:
    """Say that a refund that was due has been made.

    Where several shops have given a payment this id, a key of all shops names the `order`, too.
    """
    reply = await services.stores[Payments].refunded(
        call.path["payment_id"], shop=call.caller.shop, order_id=call.query.order
    )
    return Reply(reply.payment, made=Made(shop=reply.shop))


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/payments",
        handler=list_payments,
        scope=Scope.PAYMENTS,
        needs=Role.HOST,
        answers={200: PaymentList},
    ),
    Operation(
        method="POST",
        path="/api/payments/{payment_id:path}/refunded",
        handler=mark_refunded,
        scope=Scope.PAYMENTS,
        api_key=True,
        answers={200: PaymentView},
        refuses=(Conflict,),
    ),
)
