"""A session on a node: its parts, and the tasks that it owns."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup, TaskStatus

from liveshop.core import limits, messages
from liveshop.core.activity import action_of, object_of
from liveshop.core.commands import (
    Abandon,
    AskTime,
    Buy,
    Checkout,
    Command,
    HostCommand,
    Release,
    Reserve,
)
from liveshop.core.errors import BadRequest, Busy, Forbidden, InternalError, LiveshopError
from liveshop.core.events import Event
from liveshop.core.frames import SharedFrame
from liveshop.core.model import Charge
from liveshop.core.roles import Identity, Role
from liveshop.core.wire import Message, error_frame, ref_of
from liveshop.engine.fanout.audience import Audience
from liveshop.engine.fanout.mailbox import Asker, ViewerAsker
from liveshop.engine.fanout.pulse import Pulse
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.part import overriding
from liveshop.engine.purchase.admission import Admission
from liveshop.engine.purchase.cart import Cart
from liveshop.engine.purchase.combiner import Combiner, Purchase
from liveshop.engine.purchase.order_outcomes import OrderOutcomes
from liveshop.engine.purchase.priced_cart import PricedCart
from liveshop.engine.purchase.pricing import wanted_of
from liveshop.engine.purchase.reply import Reply
from liveshop.engine.purchase.settler import Settler
from liveshop.engine.purchase.writer import OrderWriter
from liveshop.engine.rooms.command_log import CommandLog
from liveshop.engine.rooms.moderation import Moderation
from liveshop.engine.rooms.rebuild import Rebuilder
from liveshop.engine.rooms.session import Session
from liveshop.engine.rooms.upkeep import Upkeep
from liveshop.stores.redis.unit_records import ReserveLine

_RESTART_S = 1.0


class Room:
    """Composes the parts of a session, hands commands to them, and owns their tasks."""

    def __init__(self, session: Session) -> None:
        self.session = session
        node = session.node
        self.admission = Admission(node.metrics, node.lateness, node.settings.buy_wait_ms_max)
        self.settler = Settler(session)
        self.command_log = CommandLog(session)
        self.writer = OrderWriter(session, self.command_log, self.settler, self.admission)
        self.outcomes = OrderOutcomes(session, self.writer, self.settler)
        self._combiner = Combiner(session, self.command_log, self.writer, self.admission)
        self.cart = Cart(session, self.writer, self.admission)
        self._priced_cart = PricedCart(session, self.cart, self._combiner, self.start)
        self._pricing = session.pricing
        self._pulse = Pulse(session, self.command_log, self.outcomes, self.admission)
        self._rebuilder = Rebuilder(session, self.command_log, self.outcomes)
        self._upkeep = Upkeep(session, self.command_log, self.outcomes, self.settler, self._pulse)
        parts = session.parts.values()
        self._at_once = {kind: do for part in parts for kind, do in part.at_once.items()}
        self._handlers = {kind: do for part in parts for kind, do in part.handlers.items()}
        self._hearers = {kind: hear for part in parts for kind, hear in part.hears.items()}
        self._part_tasks = overriding(parts, "run")
        self._hear_joined = overriding(parts, "joined")
        self._welcomers = overriding(parts, "welcome")
        self._under_way = overriding(parts, "under_way")
        self.moderation = Moderation(session, self.cart)
        self._combiner.on_banned = self.moderation.take_back
        self._handlers |= self.moderation.handlers
        self._bans = node.access.bans
        self._tasks: TaskGroup | None = None
        self._in_flight = 0

    @property
    def idle(self) -> bool:
        """Whether nobody is here and nothing is under way."""
        return self.session.audience.empty and not self.under_way

    @property
    def quiet(self) -> bool:
        """Whether nothing goes on here: no show, no command, and nobody with a token."""
        session = self.session
        over = session.settled or session.state.status.is_planned
        return over and not session.audience.named and not self.under_way

    @property
    def audience(self) -> Audience:
        """The viewers who are here."""
        return self.session.audience

    @property
    def snapshot_frame(self) -> SharedFrame:
        """The first frame of each viewer."""
        return self.session.broadcast.snapshot_frame()

    @property
    def staff_snapshot_frame(self) -> SharedFrame:
        """The first frame of each who moderates or hosts."""
        return self.session.broadcast.staff_snapshot_frame()

    @property
    def under_way(self) -> int:
        """How many commands, reservations and orders have not been answered."""
        of_parts: int = sum(count() for count in self._under_way)
        return self._in_flight + len(self._combiner) + len(self.writer) + of_parts

    @property
    def purchases_waiting(self) -> int:
        """How many purchases wait for a call of Redis."""
        return self._combiner.waiting

    @property
    def estimated_wait_s(self) -> float:
        """In how many seconds a `buy` that comes now would be confirmed."""
        return self.admission.wait_ns(len(self._combiner), self.writer.under_way) / 1e9

    @property
    def queues(self) -> dict[str, int]:
        """How much waits in each queue, by its name."""
        return {name: waiting(self) for name, waiting in QUEUES.items()}

    @property
    def held(self) -> int:
        """Units in open reservations, as of the newest pulse."""
        return self._pulse.held

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Hear the bus, and do what the session needs, until cancelled."""
        session = self.session
        await session.node.bus.subscribe(session.session_id)
        await session.peers.announce()
        session.epochs.fence()
        session.wake.behind.set()
        async with anyio.create_task_group() as self._tasks:
            for part in (
                session.broadcast.run,
                self._combiner.run,
                self.writer.run,
                self._upkeep.keep_time,
                self._upkeep.watch_sales,
                self._upkeep.read_on,
                self._upkeep.read_messages,
                self._rebuilder.run,
                self.moderation.run,
                *self._part_tasks,
            ):
                self._tasks.start_soon(self._keep_going, part)
            task_status.started()

    def stop(self) -> None:
        """End the room's tasks."""
        self.admission.count()
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()

    def submit(self, viewer: Viewer, command: Command) -> None:
        """Carry out a viewer's command; it is answered on the viewer's connection."""
        asker = ViewerAsker(self.session.audience, viewer, command.ref)
        try:
            if self._bans:
                self.session.refuse_banned(viewer.identity)
            self._submit(viewer, command, asker)
        except LiveshopError as refusal:
            self._note_refusal(command, viewer.identity, refusal)
            asker.refuse(refusal)

    def refuses_unread(self, viewer: Viewer, message: Message) -> bool:
        """Refuse a `buy` as `busy` before it is read whole; False where it has to be read.

        It has to unless others were refused just now, and no ban might be its answer.
        """
        rid = message.get("rid")
        if not self.admission.refused_lately or self._bans or not isinstance(rid, str):
            return False
        if not self.session.epochs.buying:
            return False
        busy = self._combiner.refuses(rid, buys=True)
        if busy is None:
            return False
        self.session.audience.write_to(viewer, error_frame(busy, ref_of(message)))
        return True

    def _submit(self, viewer: Viewer, command: Command, asker: Asker) -> None:
        match command:
            case AskTime(client_ms=client_ms, ref=ref):
                now_ms = self.session.clock.now_ms()
                asker.answer(messages.time(ref, client_ms=client_ms, now_ms=now_ms))
            case Buy() if self._pricing.looks or command.codes or command.total is not None:
                self.start(self._carry_out, viewer, command, asker)
            case Buy() | Reserve():
                self.purchase(_buyer(viewer), command, asker)
            case Checkout(order_id=order_id):
                if busy := self.cart.refuses(order_id):
                    asker.refuse(busy)
                else:
                    self.start(self._carry_out, viewer, command, asker)
            case _ if (do := self._at_once.get(type(command))) is not None:
                do(command, asker)
            case _:
                self.start(self._carry_out, viewer, command, asker)

    def purchase(
        self,
        buyer: str,
        command: Buy | Reserve,
        asker: Asker,
        *,
        charges: tuple[Charge, ...] = (),
        memo: str | None = None,
    ) -> None:
        """Hand a `buy` or `reserve` to the combiner, or refuse it; raises Unavailable at once.

        `charges` are taken with it, all or none; the `memo` stays with it, in its order too.
        """
        buys = isinstance(command, Buy)
        busy = self._combiner.refuses(command.rid, buys=buys)
        if busy is not None:
            asker.refuse(busy)
            return
        line = ReserveLine(
            rid=command.rid,
            buyer=buyer,
            command="buy" if buys else "reserve",
            sku=command.sku,
            quantity=command.quantity,
            price=command.price,
            charges=charges,
            memo=memo,
        )
        asked_s = (self.admission.now_ns() - self.session.node.lateness.waited_ns) / 1e9
        self._combiner.offer(Purchase(line, asker, asked_s=asked_s))

    async def release(self, buyer: str, rid: str, asker: Asker) -> None:
        """Give a reservation back; raises what refuses it."""
        await self.cart.release(buyer, rid, asker)

    async def command(self, command: Command, by: Identity | None = None) -> list[Event]:
        """Carry out what a host or moderator asks for; raises what refuses it."""
        self.session.refuse_banned(by)
        if isinstance(command, HostCommand):
            return await self.command_log.execute(command, by)
        await self._handlers[type(command)](command, Reply(by))
        self._record(command, by)
        return []

    def greet(self, identity: Identity | None, visitor: str | None) -> None:
        """Note that a viewer is about to be seated."""
        for joined in self._hear_joined:
            joined(identity, visitor)

    async def welcome_fields(self, identity: Identity) -> dict[str, Any]:
        """Return the fields of features in the `welcome` of a viewer with a token."""
        fields: dict[str, Any] = {}
        for welcome in self._welcomers:
            fields |= await welcome(identity)
        return fields

    def start(self, work: Callable[..., Awaitable[None]], *args: Any) -> None:
        """Start a task that the room owns; raises Busy where too many are under way."""
        if self._tasks is None or self._in_flight >= limits.COMMANDS_IN_FLIGHT_MAX:
            raise Busy()
        self._in_flight += 1
        self._tasks.start_soon(self._counted, work, *args)

    async def _counted(self, work: Callable[..., Awaitable[None]], *args: Any) -> None:
        try:
            await work(*args)
        finally:
            self._in_flight -= 1

    def receive(self, kind: str, body: Any) -> None:
        """Take in what another node published."""
        match kind:
            case "events":
                self.start(self._receive_events, body)
            case "outgoing":
                self.session.mailbox.receive(body)
            case "here":
                self.session.peers.expect()
            case _ if (hear := self._hearers.get(kind)) is not None:
                hear(body)

    async def _receive_events(self, bodies: list[dict[str, Any]]) -> None:
        try:
            await self.command_log.receive(bodies)
        except Exception:
            # The log has them too; one that cannot be read there either is logged by its reader.
            self.session.log.exception("events are dropped")
            self.session.wake.behind.set()

    async def _keep_going(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part of the room; after a bug of ours it begins again, and the others go on."""
        while True:
            try:
                await part()
            except Exception:
                self.session.failed(getattr(part, "__qualname__", "a part"))
            await anyio.sleep(_RESTART_S)

    async def _carry_out(self, viewer: Viewer, command: Command, asker: Asker) -> None:
        try:
            await self._dispatch(viewer, command, asker)
        except LiveshopError as refusal:
            self._note_refusal(command, asker.identity, refusal)
            asker.refuse(refusal)
        except Exception:
            self.session.failed(type(command).__name__)
            asker.refuse(InternalError())

    def record_refusal(self, by: Identity, action: str, about: str | None, code: str) -> None:
        """Tell the activity log what one of the staff was refused here."""
        session = self.session
        session.node.activity.record_refusal(
            by,
            action,
            about=about,
            session_id=session.session_id,
            shop=session.shop,
            outcome=code,
        )

    def _note_refusal(self, command: Command, by: Identity | None, refusal: LiveshopError) -> None:
        """Record what was refused on a socket for want of a right; HTTP records its own."""
        if isinstance(refusal, Forbidden) and by is not None and _is_staffs(command, by):
            self.record_refusal(by, action_of(command), object_of(command), refusal.code)

    def _record(self, command: Command, by: Identity | None) -> None:
        """Record what staff did without the session's log; that records what it decides."""
        if by is None or not _is_staffs(command, by):
            return
        session = self.session
        session.node.activity.record(
            by,
            action_of(command),
            about=object_of(command),
            session_id=session.session_id,
            shop=session.shop,
        )

    async def _dispatch(self, viewer: Viewer, command: Command, asker: Asker) -> None:
        match command:
            case Buy() | Checkout():
                wanted = wanted_of(viewer.address, command)
                await self._priced_cart.carry_out(_buyer(viewer), command, asker, wanted)
            case Release(rid=rid):
                await self.cart.release(_buyer(viewer), rid, asker)
            case Abandon(order_id=order_id):
                await self.outcomes.abandon(_buyer(viewer), order_id)
                asker.answer(messages.ok(asker.ref))
            case HostCommand():
                events = await self.command_log.execute(command, asker.identity)
                asker.answer(messages.ok(asker.ref, offset=events[-1].offset))
            case _ if (handle := self._handlers.get(type(command))) is not None:
                await handle(command, asker)
                self._record(command, asker.identity)
            case _:
                raise BadRequest(f"{type(command).__name__} is not for a joined connection")


# The queues of a room, by name: how many items wait in each.
QUEUES: Final[Mapping[str, Callable[[Room], int]]] = {
    "purchases": lambda room: room.purchases_waiting,
    "orders": lambda room: room.writer.waiting,
    "settlements": lambda room: len(room.settler),
    "outgoing_messages": lambda room: room.session.mailbox.waiting,
}


def _is_staffs(command: Command, by: Identity) -> bool:
    return (
        command.needs is not None and command.needs >= Role.MODERATOR and by.role >= Role.MODERATOR
    )


def _buyer(viewer: Viewer) -> str:
    assert viewer.identity is not None, "a viewer who buys has a token"
    return viewer.identity.viewer_id
