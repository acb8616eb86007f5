"""Webhooks over HTTP: made, read, changed, tested and played again by admins."""

from typing import Final

import anyio

from liveshop.core.egress import flaw_of_url
from liveshop.core.errors import BadRequest, Busy, Conflict, LimitReached, NotFound, Unavailable
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Id
from liveshop.core.roles import Role
from liveshop.edge.http.base_records import Nothing, Page
from liveshop.edge.http.caller_turns import CallerTurns
from liveshop.edge.http.operations import Call, Made, Named, Operation, Reply, Services
from liveshop.edge.http.shops import owner_of_session
from liveshop.features.people import MasterKeys
from liveshop.features.webhooks.http_records import (
    ChangedWebhook,
    DeliveriesPage,
    DeliveryList,
    DeliveryView,
    MadeWebhook,
    NewWebhook,
    RemovedWebhook,
    Replay,
    Replayed,
    WebhookList,
    WebhookView,
)
from liveshop.features.webhooks.store import Wanted, Webhooks
from liveshop.stores.postgres.shops import Owner

# A try takes up to 15 s; a test tells no longer than that.
_TEST_S_MAX: Final = 16.0
_LOOK_S: Final = 0.2
_TESTS_OF_A_CALLER_MAX: Final = 2
_TESTS_AT_ONCE_MAX: Final = 20


async def add_webhook(services: Services, call: Call[Nothing, NewWebhook]) -> Reply:
    """Make a webhook; `secret` is shown this once.

    It is sent what happens from now on, a `ping` first. `shop` is the caller's.
    """
    call.caller.require_anywhere()
    wanted, shop = call.body.wanted(), call.caller.shop_of_new(call.body.shop)
    await _require_sound(services, wanted, shop)
    now_ms = services.engine.node.now_ms()
    webhook_id, secret = await services[_webhooks].make(wanted, shop=shop, now_ms=now_ms)
    made = MadeWebhook.of(webhook_id, secret)
    return Reply(made, 201, made=Made(about=webhook_id, shop=shop))


async def list_webhooks(services: Services, call: Call[Page, Nothing]) -> Reply:
    """List webhooks and how they fare; a caller of one shop is shown that shop's."""
    call.caller.require_anywhere()
    asked = call.query
    page = await services[_webhooks].page(
        shop=call.caller.shop, after=asked.after or "", limit=asked.limit
    )
    following = page[-1].webhook_id if len(page) == asked.limit else None
    return Reply(WebhookList(webhooks=[WebhookView.of(each) for each in page], next=following))


async def read_webhook(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read a webhook and how it fares."""
    call.caller.require_anywhere()
    return Reply(WebhookView.of(await services[_webhooks].get(call.path["webhook_id"])))


async def change_webhook(services: Services, call: Call[Nothing, ChangedWebhook]) -> Reply:
    """Replace what is said of a webhook; one that was given up is `on` again by its `state`.

    While it is `off`, nothing is sent, and nothing that happens is kept for it. A replay sends
    what was parked while it was given up.
    """
    call.caller.require_anywhere()
    webhook_id, wanted = call.path["webhook_id"], call.body.wanted()
    before = await services[_webhooks].get(webhook_id)
    await _require_sound(services, wanted, before.shop)
    await services[_webhooks].change(webhook_id, wanted)
    return Reply(WebhookView.of(await services[_webhooks].get(webhook_id)))


async def remove_webhook(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Remove a webhook, with all that waits for it."""
    call.caller.require_anywhere()
    webhook_id = (await services[_webhooks].get(call.path["webhook_id"])).webhook_id
    await services[_webhooks].remove(webhook_id)
    return Reply(RemovedWebhook(id=webhook_id))


async def rotate_webhook_secret(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Give a webhook a new secret, shown this once; for a day the old one signs too."""
    call.caller.require_anywhere()
    webhook_id = call.path["webhook_id"]
    secret = await services[_webhooks].rotate(webhook_id, services.engine.node.now_ms())
    return Reply(MadeWebhook.of(webhook_id, secret), 201)


async def list_webhook_deliveries(services: Services, call: Call[DeliveriesPage, Nothing]) -> Reply:
    """List what was sent to a webhook and what is to be, the newest first, with the answers."""
    call.caller.require_anywhere()
    asked, webhook_id = call.query, call.path["webhook_id"]
    await services[_webhooks].get(webhook_id)
    page = await services[_webhooks].deliveries(
        webhook_id, before=asked.before, limit=asked.limit, state=asked.state
    )
    following = page[-1].number if len(page) == asked.limit else None
    views = [DeliveryView.of(each) for each in page]
    return Reply(DeliveryList(deliveries=views, next=following))


async def test_webhook(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Send a webhook a `ping` now, and return what came of it.

    `unavailable` if no worker has sent it after 16 s.
    """
    call.caller.require_anywhere()
    with services[_testing].turn(call.caller):
        webhooks, webhook_id = services[_webhooks], call.path["webhook_id"]
        subject = await webhooks.ping(webhook_id, services.engine.node.now_ms())
        with anyio.move_on_after(_TEST_S_MAX):
            while True:
                tried = await webhooks.tried(webhook_id, subject)
                if tried is not None:
                    return Reply(DeliveryView.of(tried))
                await anyio.sleep(_LOOK_S)
    raise Unavailable("no worker has sent it yet: is one running?")


async def replay_webhook(services: Services, call: Call[Nothing, Replay]) -> Reply:
    """Have deliveries made again, under the ids of before: dead ones, if nothing else is said.

    At most 10,000 at once, from the oldest on: ask again `after` the `next` while there is `more`.
    """
    call.caller.require_anywhere()
    asked = call.body
    patterns = None if asked.types is None or "*" in asked.types else asked.types
    replayed, following = await services[_webhooks].replay(
        call.path["webhook_id"],
        after=asked.after,
        from_ms=asked.from_ms,
        to_ms=asked.to_ms,
        states=asked.states,
        types=patterns,
        now_ms=services.engine.node.now_ms(),
    )
    return Reply(Replayed(replayed=replayed, more=following is not None, next=following))


async def _require_sound(services: Services, wanted: Wanted, shop: str | None) -> None:
    flaw = flaw_of_url(wanted.url, services.settings.egress_allow)
    if flaw is not None:
        raise BadRequest(f"`url`: {flaw}")
    if wanted.session_id is not None:
        owner = await owner_of_session(services, wanted.session_id)
        if owner is None or shop not in (None, owner.shop):
            raise NotFound("session", wanted.session_id)


def _webhooks(services: Services) -> Webhooks:
    return Webhooks(services.stores.database, MasterKeys.of(services.settings))


def _testing(services: Services) -> CallerTurns:
    return CallerTurns(
        per_caller_max=_TESTS_OF_A_CALLER_MAX,
        at_once_max=_TESTS_AT_ONCE_MAX,
        busy="too many webhooks are being tested, try again in a moment",
    )


async def _owner(services: Services, webhook_id: str, shop: str | None) -> Owner | None:
    return await services[_webhooks].owner(webhook_id)


_NAMES: Final = {"webhook_id": Named(Id, _owner)}
_PATH: Final = "/api/webhooks"
_ONE: Final = f"{_PATH}/{{webhook_id}}"
_OPERATIONS: Final = (
    Operation(
        method="POST",
        path=_PATH,
        handler=add_webhook,
        scope=None,
        needs=Role.ADMIN,
        answers={201: MadeWebhook},
        secret=True,
        refuses=(NotFound, LimitReached, Conflict),
    ),
    Operation(
        method="GET",
        path=_PATH,
        handler=list_webhooks,
        scope=None,
        needs=Role.ADMIN,
        answers={200: WebhookList},
    ),
    Operation(
        method="GET",
        path=_ONE,
        names=_NAMES,
        handler=read_webhook,
        scope=None,
        needs=Role.ADMIN,
        answers={200: WebhookView},
    ),
    Operation(
        method="PUT",
        path=_ONE,
        names=_NAMES,
        handler=change_webhook,
        scope=None,
        needs=Role.ADMIN,
        answers={200: WebhookView},
    ),
    Operation(
        method="DELETE",
        path=_ONE,
        names=_NAMES,
        handler=remove_webhook,
        scope=None,
        needs=Role.ADMIN,
        answers={200: RemovedWebhook},
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/secret",
        names=_NAMES,
        handler=rotate_webhook_secret,
        scope=None,
        needs=Role.ADMIN,
        answers={201: MadeWebhook},
        secret=True,
        refuses=(Conflict,),
    ),
    Operation(
        method="GET",
        path=f"{_ONE}/deliveries",
        names=_NAMES,
        handler=list_webhook_deliveries,
        scope=None,
        needs=Role.ADMIN,
        answers={200: DeliveryList},
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/test",
        names=_NAMES,
        handler=test_webhook,
        scope=None,
        needs=Role.ADMIN,
        answers={200: DeliveryView},
        refuses=(Conflict, Busy),
    ),
    Operation(
        method="POST",
        path=f"{_ONE}/replay",
        names=_NAMES,
        handler=replay_webhook,
        scope=None,
        needs=Role.ADMIN,
        answers={200: Replayed},
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of webhooks."""
    return _OPERATIONS
