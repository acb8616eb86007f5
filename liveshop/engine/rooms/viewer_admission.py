"""Lets viewers into rooms: the welcome, the snapshot, and what they ask for meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from liveshop.core import limits, messages
from liveshop.core.close_codes import CloseCode
from liveshop.core.commands import Command
from liveshop.core.connection import StaffRefusal
from liveshop.core.errors import Busy, LiveshopError, NotFound, OtherShop
from liveshop.core.model import Reservation, Status
from liveshop.core.roles import Identity, Role
from liveshop.core.shops import require_shop
from liveshop.core.wire import Message, error_frame, frame
from liveshop.engine.errands import Errands
from liveshop.engine.fanout.mailbox import Watched
from liveshop.engine.fanout.partings import banned, no_such_session, send_away
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.node import Node
from liveshop.engine.rooms.room import Room
from liveshop.engine.rooms.rooms import Rooms
from liveshop.engine.rooms.stills import Still
from liveshop.engine.session_log import SessionLog
from liveshop.stores.postgres.orders import Orders


class _Belongings(NamedTuple):
    """The belongings of a viewer with a token in a session; `fields` are those of features."""

    reservations: Sequence[Reservation] = ()
    orders: Sequence[Message] = ()
    fields: Mapping[str, Any] = MappingProxyType({})


_NOTHING: Final = _Belongings()


class ViewerAdmission:
    """Knows for each viewer its room or still, or that it is on its way there."""

    def __init__(self, node: Node, rooms: Rooms, errands: Errands) -> None:
        self._node = node
        self._rooms = rooms
        self._errands = errands
        self._inside: dict[Viewer, Room | Still] = {}
        # Commands of viewers whose room is being loaded, and answers for after their welcome.
        self._coming: dict[Viewer, list[Command | bytes | StaffRefusal]] = {}

    def connect(
        self, viewer: Viewer, session_id: str, ref: int | None, visitor: str | None = None
    ) -> None:
        """Welcome a viewer: at once if it is anonymous and the room is here, else in a task.

        `visitor` is what an anonymous viewer's client calls itself, to be counted once.
        """
        if viewer.identity is None:
            shown = self._rooms.shown(session_id)
            if shown is not None:
                self._enter(viewer, shown, visitor)
                self._seat(viewer, shown, ref)
                return
        self._coming[viewer] = []
        self._errands.start(self._bring, viewer, session_id, ref, visitor)

    def submit(self, viewer: Viewer, command: Command) -> None:
        """Hand a command to the viewer's room, once it is there."""
        place = self._inside.get(viewer)
        if place is not None:
            self._hand_over(viewer, place, command)
        elif viewer in self._coming:
            if len(self._coming[viewer]) < limits.COMMANDS_WAITING_MAX:
                self._keep(viewer, command)
            else:
                self._keep(viewer, error_frame(Busy(), command.ref))

    def refuses_unread(self, viewer: Viewer, message: Message) -> bool:
        """Refuse a `buy` by its rid while purchases are refused, whatever else it says."""
        place = self._inside.get(viewer)
        return isinstance(place, Room) and place.refuses_unread(viewer, message)

    def answer(self, viewer: Viewer, answer: bytes | StaffRefusal) -> None:
        """Write an answer that was not ours to give, after the welcome if that is to come.

        A refusal of one of the staff is recorded, in a session that is there.
        """
        place = self._inside.get(viewer)
        if place is not None:
            self._say(viewer, place, answer)
        elif viewer in self._coming:
            self._keep(viewer, answer)
        else:
            viewer.write(answer if isinstance(answer, bytes) else answer.answer)

    def lapse(self, viewer: Viewer) -> None:
        """Take one of the staff for a viewer from here on: its token has ended."""
        place = self._inside.get(viewer)
        if place is not None:
            place.audience.lapse(viewer)

    def disconnect(self, viewer: Viewer) -> None:
        """Forget a viewer; idempotent. The work that it has asked for goes on."""
        self._coming.pop(viewer, None)
        place = self._inside.pop(viewer, None)
        if place is not None:
            place.audience.leave(viewer)
            self._node.metrics.viewers.set(len(self._inside))

    def _say(self, viewer: Viewer, place: Room | Still, answer: bytes | StaffRefusal) -> None:
        if isinstance(answer, StaffRefusal):
            assert isinstance(place, Room), "a still is for anonymous viewers"
            assert viewer.identity is not None, "one of the staff has a token"
            by = replace(viewer.identity, role=answer.role)
            place.record_refusal(by, answer.action, answer.about, answer.code)
            answer = answer.answer
        place.audience.write_to(viewer, answer)

    def _keep(self, viewer: Viewer, item: Command | bytes | StaffRefusal) -> None:
        """Keep what is to be done or said once the viewer is in its room, in order."""
        waiting = self._coming[viewer]
        if len(waiting) < limits.FRAMES_WAITING_MAX:
            waiting.append(item)
        else:
            self.disconnect(viewer)
            viewer.close(CloseCode.TOO_SLOW, "too much waits for the welcome")

    async def _bring(
        self, viewer: Viewer, session_id: str, ref: int | None, visitor: str | None
    ) -> None:
        try:
            if viewer.identity is None:
                place: Room | Still = await self._rooms.show(session_id)
            else:
                place = await self._rooms.get(session_id)
                shop = place.session.state.info.shop
                self._require_shop(viewer.identity, shop, session_id)
                await self._node.access.require()
                if viewer.identity.bound and viewer.identity.shop is None:
                    self._node.access.learn(session_id, shop)
                if viewer.identity.guest:
                    viewer.identity = await self._named(viewer.identity)
                # Nothing is waited for from here on: a ban that came meanwhile would be missed.
                if ban := place.session.ban_of(viewer.identity):
                    banned(viewer, ban)
                    return
            if viewer not in self._coming:
                return  # it has left meanwhile
            self._enter(viewer, place, visitor)
            if viewer.identity is None:
                self._seat(viewer, place, ref)
            else:
                assert isinstance(place, Room), "a still is for anonymous viewers"
                await place.moderation.note(viewer.identity)
                belongings = await self._belongings(viewer.identity, place)
                self._seat(viewer, place, ref, belongings)
        except NotFound:
            no_such_session(viewer)
        except LiveshopError:
            send_away(viewer)
        except Exception:
            SessionLog(session_id).exception("a viewer could not be welcomed")
            send_away(viewer)

    def _require_shop(self, identity: Identity, shop: str | None, session_id: str) -> None:
        """Raise OtherShop unless a token is good in the session; staff's attempt is recorded."""
        try:
            require_shop(identity.shop, shop, "session", session_id)
        except OtherShop as refusal:
            if identity.role >= Role.MODERATOR:
                self._node.activity.record_refusal(
                    identity, "hello", session_id=session_id, shop=shop, outcome=refusal.code
                )
            raise

    async def _named(self, guest: Identity) -> Identity:
        """Return a guest with its name, which its token does not carry, if it is still kept."""
        names = await self._node.people.names_of([guest.viewer_id])
        return replace(guest, name=names.get(guest.viewer_id, guest.name))

    async def _belongings(self, identity: Identity, room: Room) -> _Belongings:
        buyer, session = identity.viewer_id, room.session
        reservations = await session.units.mine(buyer)
        for reservation in reservations:
            session.mailbox.watch(Watched.of(reservation))
        orders = await self._node.stores[Orders].of_buyer(session.session_id, buyer)
        told = [
            messages.welcome_order(order, session.state.info.payment_url(order.order_id))
            for order in orders
        ]
        return _Belongings(reservations, told, await room.welcome_fields(identity))

    def _enter(self, viewer: Viewer, place: Room | Still, visitor: str | None) -> None:
        """From here on the viewer's private messages wait for its welcome."""
        if isinstance(place, Room):
            place.greet(viewer.identity, visitor)
        self._inside[viewer] = place
        place.audience.expect(viewer)
        for waiting in self._coming.pop(viewer, ()):
            if isinstance(waiting, Command):
                self._hand_over(viewer, place, waiting)
            else:
                self._say(viewer, place, waiting)

    def _hand_over(self, viewer: Viewer, place: Room | Still, command: Command) -> None:
        if isinstance(place, Room):
            place.submit(viewer, command)
        else:
            place.submit(viewer, command, now_ms=self._node.now_ms())

    def _seat(
        self,
        viewer: Viewer,
        place: Room | Still,
        ref: int | None,
        belongings: _Belongings = _NOTHING,
    ) -> None:
        node, session = self._node, place.session if isinstance(place, Room) else None
        role = viewer.identity.role if viewer.identity is not None else Role.VIEWER
        if session is not None and session.state.status is Status.DRAFT and role < Role.MODERATOR:
            no_such_session(viewer)
            return
        welcome = messages.welcome(
            ref,
            viewer.identity,
            now_ms=(session or node).clock.now_ms(),
            ping_ms=node.settings.ping_ms,
            reservations=belongings.reservations,
            orders=belongings.orders,
            fields=belongings.fields,
        )
        if isinstance(place, Room) and role >= Role.MODERATOR:
            place.audience.seat(viewer, frame(welcome), place.staff_snapshot_frame)
            place.moderation.tell_bans(viewer)
        else:
            place.audience.seat(viewer, frame(welcome), place.snapshot_frame)
        stats = None if session is None else session.broadcast.stats
        if role >= Role.HOST and stats is not None:
            place.audience.write_to(viewer, frame(stats.message()))
        node.metrics.joins.inc()
        node.metrics.viewers.set(len(self._inside))
