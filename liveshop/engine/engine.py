"""The engine of a node, as the edge sees it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar
from uuid import uuid4

import anyio
from anyio.abc import TaskGroup, TaskStatus

from liveshop.core.commands import Command, HostCommand, MuteViewer, Reserve, UnmuteViewer
from liveshop.core.errors import Conflict, OutcomeUnknown, Unavailable
from liveshop.core.events import Event
from liveshop.core.model import Order, PaymentMode, Status
from liveshop.core.roles import Identity
from liveshop.core.session import SessionInfo
from liveshop.core.settings import Settings
from liveshop.core.wire import Message
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.metrics import Metrics
from liveshop.engine.node import Health, Node
from liveshop.engine.purchase.lateness import Lateness
from liveshop.engine.purchase.order_service import OrderService
from liveshop.engine.purchase.reply import Reply
from liveshop.engine.rooms.room import Room
from liveshop.engine.rooms.rooms import Rooms
from liveshop.engine.rooms.viewer_admission import ViewerAdmission
from liveshop.engine.tracing import Trace
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.link import RedisLink

T = TypeVar("T")


class Engine:
    """Everything that a session does on this node; `run` owns every task.

    `connect`, `submit` and `disconnect` are for the gateway and return at once. What is awaited
    here is carried out to its end even where the caller is cancelled.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        link: RedisLink,
        bus: Bus,
        trace: Trace | None = None,
    ) -> None:
        self._node = Node.of(settings, database, link, bus)
        self._node.trace = trace
        self._rooms = Rooms(self._node)
        self._viewer_admission = ViewerAdmission(self._node, self._rooms)
        self._order_service = OrderService(self._node, self._rooms)
        self._tasks: TaskGroup | None = None

    @property
    def node_id(self) -> str:
        """The node's name on the bus and in the gauges."""
        return self._node.node_id

    @property
    def metrics(self) -> Metrics:
        """What the node counts."""
        return self._node.metrics

    @property
    def lateness(self) -> Lateness:
        """How late the node hears of what it is asked; the gateway keeps it."""
        return self._node.lateness

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Keep the rooms until cancelled; database, link and bus have to run meanwhile."""
        async with anyio.create_task_group() as self._tasks:
            await self._tasks.start(self._rooms.run)
            self._tasks.start_soon(self._order_service.run)
            task_status.started()

    def retire(self) -> None:
        """Say from now on that this node is not ready: it is about to stop."""
        self._node.retired = True

    async def finish(self) -> None:
        """Return once nothing that was asked for is under way; nobody may ask any more."""
        await self._rooms.finish()

    def health(self) -> Health:
        """Return which stores answer now."""
        return self._node.health

    @property
    def joinable(self) -> bool:
        """Tell whether viewers may be sent to this node."""
        return self._node.joinable

    def now_ms(self) -> int:
        """Return the time by Redis' clock, as well as it is known."""
        return self._node.clock.now_ms()

    def loaded(self, session_id: str) -> Room | None:
        """Return a session's room if this node has it."""
        return self._rooms.loaded(session_id)

    async def look_up(self, session_id: str) -> None:
        """Find out whether there is a session, and load it if it is on; raises NotFound."""
        await self._rooms.look_up(session_id)

    async def room(self, session_id: str) -> Room:
        """Load a session's room; raises NotFound or Unavailable."""
        return await self._rooms.get(session_id)

    def connect(
        self, viewer: Viewer, session_id: str, ref: int | None, visitor: str | None = None
    ) -> None:
        """Welcome a viewer to a session after its `hello`, or close its connection.

        `visitor` is what an anonymous viewer's client calls itself, to be counted once.
        """
        self._viewer_admission.connect(viewer, session_id, ref, visitor, self._owner())

    def submit(self, viewer: Viewer, command: Command) -> None:
        """Carry out a command that the viewer's role allows, and answer on its connection."""
        self._viewer_admission.submit(viewer, command)

    def answer(self, viewer: Viewer, answer: bytes) -> None:
        """Write an answer of the gateway's own, after the welcome if that is still to come."""
        self._viewer_admission.answer(viewer, answer)

    def disconnect(self, viewer: Viewer) -> None:
        """Forget a viewer; what it has asked for goes on."""
        self._viewer_admission.disconnect(viewer)

    async def create_session(
        self,
        *,
        title: str,
        currency: str,
        payment: PaymentMode,
        hold_ms: int,
        starts_at_ms: int | None = None,
        stream_url: str | None = None,
        checkout_url: str | None = None,
    ) -> SessionInfo:
        """Plan a session: scheduled if it says when it starts, else a draft."""
        info = SessionInfo(
            id=uuid4().hex,
            title=title,
            currency=currency,
            payment=payment,
            hold_ms=hold_ms,
            starts_at_ms=starts_at_ms,
            stream_url=stream_url,
            checkout_url=checkout_url,
        )
        status = Status.DRAFT if starts_at_ms is None else Status.SCHEDULED
        try:
            await self._node.sessions.create(info, status, self.now_ms())
        except OutcomeUnknown:
            # The id is ours alone: a session that has it now was made by the first attempt.
            with suppress(Conflict):
                await self._node.sessions.create(info, status, self.now_ms())
        return info

    async def snapshot(self, session_id: str) -> Message:
        """Return the `session` message as it is known now."""
        return await self._rooms.view(session_id)

    async def execute(
        self, session_id: str, command: HostCommand | MuteViewer | UnmuteViewer
    ) -> list[Event]:
        """Carry out a command of a host or moderator; raises what refuses it."""
        room = await self.room(session_id)
        return await self._carry_out(lambda: room.command(command))

    async def reserve(
        self, session_id: str, buyer: Identity, command: Reserve
    ) -> tuple[Message, bool]:
        """Set units aside; return `reserved`, and whether it is the answer of an earlier call."""
        room = await self._rooms.get(session_id, insists=False)
        reply = Reply()
        room.purchase(buyer.viewer_id, command, reply)
        return await reply.wait()

    async def release(self, session_id: str, buyer_id: str, rid: str) -> Message:
        """Give a held reservation back; return `released`."""
        room = await self._rooms.get(session_id, insists=False)
        reply = Reply()
        await self._carry_out(lambda: room.release(buyer_id, rid, reply))
        message, _ = await reply.wait()
        return message

    async def confirm(self, order_id: str, payment_id: str, amount: int) -> Order:
        """Take a payment that was reported; return its confirmed order.

        Idempotent by `payment_id`. Raises Conflict or Expired where the money is to be refunded:
        it is listed as `refund_due`.
        """
        return await self._carry_out(
            lambda: self._order_service.confirm(order_id, payment_id, amount)
        )

    async def cancel(self, order_id: str) -> Order:
        """Cancel a confirmed order; its units are for sale again."""
        return await self._carry_out(lambda: self._order_service.cancel(order_id))

    def _owner(self) -> TaskGroup:
        if self._tasks is None:
            raise Unavailable()
        return self._tasks

    async def _carry_out(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await work in a task of the engine's: a caller that is cancelled cancels nothing."""
        errand = _Errand(work)
        self._owner().start_soon(errand.run)
        return await errand.result()


class _Errand(Generic[T]):
    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._done = anyio.Event()
        self._failure: Exception | None = None
        self._result: list[T] = []

    async def run(self) -> None:
        try:
            self._result.append(await self._work())
        except Exception as failure:
            self._failure = failure
        finally:
            self._done.set()

    async def result(self) -> T:
        await self._done.wait()
        if self._failure is not None:
            raise self._failure
        if not self._result:
            raise Unavailable()
        return self._result[0]
