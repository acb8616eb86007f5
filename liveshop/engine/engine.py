"""The engine of a node, as the edge sees it."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from uuid import uuid4

import anyio
from anyio.abc import TaskStatus

from liveshop.core.commands import Command, Reserve
from liveshop.core.errors import Conflict
from liveshop.core.events import Event
from liveshop.core.feature import Feature, Vocabulary
from liveshop.core.model import PaymentMode
from liveshop.core.roles import Identity
from liveshop.core.session import SessionInfo
from liveshop.core.settings import Settings
from liveshop.core.wire import Message
from liveshop.engine.errands import Errands
from liveshop.engine.node import Node
from liveshop.engine.purchase.order_service import OrderService
from liveshop.engine.purchase.reply import Reply
from liveshop.engine.rooms.rooms import Rooms
from liveshop.engine.rooms.viewer_admission import ViewerAdmission
from liveshop.engine.tracing import Trace
from liveshop.engine.until_known import until_known
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.sessions import Sessions
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import RedisLink


class Engine:
    """Everything that a session does on this node; `run` owns every task.

    `rooms` has the sessions that are loaded, `viewer_admission` the viewers, `orders` what becomes
    of orders after their purchase. Work that is awaited on `orders` and here is carried out to its
    end even if the caller is cancelled.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        link: RedisLink,
        bus: Bus,
        trace: Trace | None = None,
        *,
        features: Iterable[Feature] = (),
    ) -> None:
        self.node = Node.of(settings, database, link, bus, Vocabulary(features))
        self.node.trace = trace
        self._errands = Errands()
        self.rooms = Rooms(self.node)
        self.viewer_admission = ViewerAdmission(self.node, self.rooms, self._errands)
        self.orders = OrderService(self.node, self.rooms, self._errands)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Keep the rooms until cancelled; database, link and bus have to run meanwhile."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.node.activity.run)
            await tasks.start(self._errands.run)
            await tasks.start(self.rooms.run)
            tasks.start_soon(self.node.access.run)
            tasks.start_soon(self.orders.run)
            task_status.started()

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Carry out work that nobody waits for; raises Unavailable unless the engine runs."""
        self._errands.start(work)

    async def create_session(
        self,
        *,
        title: str,
        currency: str,
        payment: PaymentMode,
        hold_ms: int,
        starts_at_ms: int | None = None,
        stream_url: str | None = None,
        cover_url: str | None = None,
        checkout_url: str | None = None,
        shop: str | None = None,
    ) -> SessionInfo:
        """Plan a session of a shop or none: scheduled if it says when it starts, else a draft."""
        info = SessionInfo(
            id=uuid4().hex,
            title=title,
            currency=currency,
            payment=payment,
            hold_ms=hold_ms,
            starts_at_ms=starts_at_ms,
            stream_url=stream_url,
            cover_url=cover_url,
            checkout_url=checkout_url,
            shop=shop,
        )

        async def create(again: bool) -> None:
            try:
                await self.node.stores[Sessions].create(info, info.first_status, self.node.now_ms())
            except Conflict:
                # Nobody else has this id: a session that has it was made by an earlier attempt.
                if not again:
                    raise

        await until_known(create)
        return info

    async def execute(
        self, session_id: str, command: Command, by: Identity | None = None
    ) -> list[Event]:
        """Carry out a command of a host or moderator; raises what refuses it.

        Without `by`, a program of ours asks, which may do all that hosts may.
        """
        room = await self.rooms.get(session_id)
        return await self._errands.carry_out(lambda: room.command(command, by))

    async def reserve(
        self, session_id: str, buyer: Identity, command: Reserve
    ) -> tuple[Message, bool]:
        """Set units aside; return `reserved`, and whether it is the answer of an earlier call."""
        room = await self.rooms.get(session_id, insists=False)
        room.session.refuse_banned(buyer)
        reply = Reply(buyer)
        room.purchase(buyer.viewer_id, command, reply)
        return await reply.wait()

    async def release(self, session_id: str, buyer_id: str, rid: str) -> Message:
        """Give a held reservation back; return `released`."""
        room = await self.rooms.get(session_id, insists=False)
        reply = Reply()
        await self._errands.carry_out(lambda: room.release(buyer_id, rid, reply))
        message, _ = await reply.wait()
        return message
