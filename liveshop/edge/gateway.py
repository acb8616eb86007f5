"""The gateway that a node's viewer connections share: it admits them and keeps their deadlines."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus

from liveshop.core import limits
from liveshop.core.access import Revocations
from liveshop.core.claims import Grant
from liveshop.core.close_codes import CloseCode
from liveshop.core.connection import Allowance, Connection
from liveshop.core.errors import (
    Ended,
    LiveshopError,
    NotFound,
    NotYetValid,
    RateLimited,
    Unauthorized,
)
from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.core.turnstile import Turnstile
from liveshop.edge.addresses import origin_allowed, own_host, peer_address
from liveshop.edge.clients import Clients
from liveshop.edge.guesses import Guesses
from liveshop.edge.handshake import Head
from liveshop.edge.intake import Intake
from liveshop.edge.refusals import Refusals
from liveshop.edge.tokens import Tokens
from liveshop.edge.turns import Turns
from liveshop.edge.viewer_engine import ViewerEngine
from liveshop.edge.visits import Visitors
from liveshop.edge.websocket import WebSockets
from liveshop.edge.wheel import Timed, Wheel, tell_time
from liveshop.engine.fanout.partings import no_such_session, send_away, tell_moved
from liveshop.engine.fanout.viewer import Viewer
from liveshop.engine.session_log import SessionLog

_TICK_S: Final = 0.1
_NS_PER_MS: Final = 1_000_000

# Of its own: strangers choose which sessions are looked up, and how often.
_logger: Final = logging.getLogger(__name__)


class Guest(Viewer, Timed, Protocol):
    """A connection as the gateway sees it."""

    session_id: str
    address: str
    origin_allowed: bool
    grant: Grant | None


class Gateway:
    """Every viewer connection of a node; `run` owns its two kinds of task and goes on for ever."""

    def __init__(
        self, settings: Settings, engine: ViewerEngine, tokens: Tokens, now_ms: Callable[[], int]
    ) -> None:
        """Take what guests need; `now_ms` is any clock that never goes back."""
        self.settings = settings
        self.engine = engine
        self.tokens = tokens
        self.clients = Clients(settings, engine.node.metrics)
        self.guesses = Guesses(now_ms)
        self._strays = Guesses(now_ms, lambda: limits.STRAYS_RATE)
        self.now_ms = now_ms
        self.wheel: Wheel[Timed] = Wheel(now_ms())
        self.refusals = Refusals(self.wheel, now_ms)
        self.websockets = WebSockets()
        self.intake = Intake(engine.node.lateness)
        self.turnstile = Turnstile(settings.joins_per_second_max, now_ms())
        self.turns = Turns(settings, engine.node.now_ms)
        self._guests: set[Guest] = set()
        self._refused: dict[Guest, None] = {}  # of them, until they have gone; the oldest first
        self._by_address: Counter[str] = Counter()
        self._visitors = Visitors()
        self._looking_up: dict[str, list[Guest]] = {}
        self._tasks: TaskGroup | None = None
        engine.node.metrics.sockets_max.set(settings.connections_max)
        self._emptied: anyio.Event | None = None
        self._has_revoked = False  # since connections were last looked through for that
        engine.node.access.on_revocations = self._note_revoked
        # At once: at the next tick, the bearer of a revoked token would have been welcomed. It is
        # once for each session.
        engine.node.access.on_shop = self._close_revoked

    def __len__(self) -> int:
        return len(self._guests)

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Tell connections what time asks of them, until cancelled."""
        async with anyio.create_task_group() as self._tasks:
            self.intake.open(asyncio.get_running_loop())
            task_status.started()
            try:
                await self._keep_time()
            finally:
                self.intake.close()

    async def _keep_time(self) -> None:
        """Let time go on for each connection."""
        while True:
            # By this instant, and not by that of waking up: what clients had sent by then is
            # read in between. After the node has stood still, their pongs and requests would
            # still lie in the kernel, and all of them would be judged silent.
            now_ms, begun_s = self.now_ms(), anyio.current_time()
            await anyio.sleep(_TICK_S)
            late_s = max(0.0, anyio.current_time() - begun_s - _TICK_S)
            self.engine.node.lateness.loop_ns = int(late_s * 1e9)
            for each in self.wheel.advance(now_ms):
                tell_time(each, now_ms)
            if self._has_revoked:
                self._close_revoked()

    def look_at(self, transport: asyncio.BaseTransport, head: Head) -> tuple[str, bool]:
        """Return the key that a client's address counts by, and whether its origin is allowed."""
        fields, trusted = head.fields, self.settings.trusted_proxies
        peer = peer_address(transport.get_extra_info("peername"))
        own = own_host(peer, fields.get("host", ""), fields.get("x-forwarded-host"), trusted)
        key = self.clients.key(peer, (fields.get("x-forwarded-for", ""),))
        return key, origin_allowed(fields.get("origin"), own, self.settings.origins)

    def sent_ms(self) -> int:
        """Return when the packet that is read now came: rates count by when viewers have asked."""
        return self.now_ms() - self.engine.node.lateness.waited_ns // _NS_PER_MS

    def open(self, guest: Guest, turn: str | None = None) -> None:
        """Take a connection whose handshake is done, or start to close it again.

        `turn` is the ticket that its client shows, of this node or another.
        Every guest that was opened is told of by `closed` in the end.
        """
        self._guests.add(guest)
        self.engine.node.metrics.sockets.set(len(self._guests))
        self._by_address[guest.address] += 1
        self.schedule(guest)
        if not self._admits(guest, turn):
            self._note_refused(guest)
        elif self.engine.rooms.loaded(guest.session_id) is None:
            self._look_up(guest)

    def _admits(self, guest: Guest, turn: str | None) -> bool:
        """Let a guest in, or begin to close its connection."""
        if not guest.origin_allowed:
            guest.close(CloseCode.ORIGIN_NOT_ALLOWED, "this origin is not allowed")
        elif not guest.session_id:
            no_such_session(guest)
        elif self._by_address[guest.address] > self.settings.connections_per_address_max:
            guest.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections from this address")
        elif self._emptied is not None or self._is_full:
            send_away(guest)
        else:
            return self._let_in(guest, turn)
        return False

    @property
    def _is_full(self) -> bool:
        """Whether there are more guests than may be, without those who were refused.

        If these counted until they hang up, one address that goes on knocking beyond its limit
        would keep everybody out.
        """
        return len(self._guests) - len(self._refused) > self.settings.connections_max

    def _note_refused(self, guest: Guest) -> None:
        self._refused[guest] = None
        if len(self._refused) > limits.REFUSED_CONNECTIONS_MAX:
            oldest = next(iter(self._refused))
            del self._refused[oldest]
            oldest.abort()

    def _let_in(self, guest: Guest, shown: str | None) -> bool:
        """Let a guest pass, or send it away with a turn."""
        now_ms = self.now_ms()
        if self.turnstile.take_free_place(now_ms):
            return True  # no ticket is looked at, and none is spent
        turn = self.turns.read(guest.session_id, shown) if shown is not None else None
        if turn is not None and not self.turns.wait_ms(turn):
            wait_ms = self.turnstile.take_in_turn_ms(now_ms, own_line=turn.own_line)
            if not wait_ms:
                self.turns.spend(turn)
                return True
            send_away(guest, wait_ms, turn.text)
        elif self.turnstile.admits(now_ms, guest.address):
            return True
        elif turn is not None:
            send_away(guest, self.turns.wait_ms(turn), turn.text)
        else:
            wait_ms = self.turnstile.turn_ms(now_ms, guest.address)
            own_line = self.turnstile.has_own_line(guest.address)
            ticket = self.turns.issue(guest.session_id, wait_ms, own_line=own_line)
            send_away(guest, wait_ms, ticket)
        return False

    def identify(self, guest: Guest, token: str) -> Grant:
        """Return what a guest's token grants; raises Unauthorized, or RateLimited unread."""
        grant = self.guesses.read(self.tokens, token, guest.address)
        grant.identity_in(guest.session_id)
        return grant.seen_at(guest.address)

    def turn_away(self, guest: Guest, refusal: Unauthorized) -> None:
        """Close the connection of a guest whose token does not hold, for now or for good.

        It is for now if the token begins later, or if only the time speaks against it and this
        node does not know the stores' clock yet.
        """
        if isinstance(refusal, NotYetValid):
            send_away(guest, refusal.begins_in_ms)
        elif isinstance(refusal, Ended) and not self.engine.node.knows_time:
            send_away(guest)
        else:
            general = type(refusal) is Unauthorized
            reason = "the token does not hold" if general else refusal.message
            guest.close(CloseCode.BAD_TOKEN, reason)

    def join(self, guest: Guest, connection: Connection, allowance: Allowance | None) -> None:
        """Let a guest's connection join; one of the staff is a viewer's once its token ends."""
        grant = guest.grant
        if grant is None or grant.ends_s is None or grant.identity.role < Role.MODERATOR:
            connection.join(guest.identity, allowance)
            return
        now_ms = self.now_ms()
        ends_ms = now_ms + int(grant.ends_s * 1000) - self.engine.node.now_ms()
        connection.join(grant.identity, allowance, ends_ms=ends_ms, now_ms=now_ms)
        self.schedule(guest)

    def _note_revoked(self) -> None:
        # A host may revoke hundreds of times a second. If all connections were looked through at
        # each, that would take the loop from viewers: the next tick looks once for all of them.
        self._has_revoked = True

    def _close_revoked(self) -> None:
        """Close the connections whose tokens were revoked."""
        self._has_revoked = False
        revocations = self.engine.node.access.revocations
        for guest in tuple(self._guests):
            if guest.grant is not None:
                _close_if_revoked(guest, guest.grant, revocations)

    def admit(self, guest: Guest, allowance: Allowance) -> Allowance | None:
        """Count in a guest who has given an identity; None if that has too many connections.

        Returns what all connections of that viewer may ask for: the `allowance` of the first, or
        what is left of that of the last who left.
        """
        assert guest.identity is not None, "who is anonymous is not counted"
        visits = self._visitors.arrive(guest.identity, allowance)
        few = visits.count <= self.settings.connections_per_viewer_max
        return visits.allowance if few else None

    def closed(self, guest: Guest) -> None:
        """Forget a connection that was lost."""
        self._guests.remove(guest)
        self._refused.pop(guest, None)
        self.engine.node.metrics.sockets.set(len(self._guests))
        self.wheel.cancel(guest)
        _take_one(self._by_address, guest.address)
        if guest.identity is not None:
            self._visitors.leave(guest.identity)
        if self._emptied is not None and not self._guests:
            self._emptied.set()

    def schedule(self, guest: Guest) -> None:
        """Let a guest be told when its next deadline is there."""
        self.wheel.schedule(guest, guest.due_ms)

    def count_close(self, code: int) -> None:
        """Count a connection that ends, by its close code."""
        self.engine.node.metrics.closes.labels(code).inc()

    async def drain(self) -> None:
        """Send everyone away, now and from now on; return when they have gone.

        They go in waves, so that they do not all come to another node at once. A guest that has
        not gone within `drain_ms` is cut off.
        """
        self._emptied = anyio.Event()
        with anyio.move_on_after(self.settings.drain_ms / 1000):
            await self._send_away_in_waves(tuple(self._guests))
            if self._guests:
                await self._emptied.wait()
        for guest in tuple(self._guests):
            send_away(guest)  # if its turn did not come
        self.cut_off()

    async def _send_away_in_waves(self, guests: Sequence[Guest]) -> None:
        """Tell each to move, and close its connection a wave later.

        Requests that it sent before it was told are answered meanwhile.
        """
        # A quarter of the time is left for those who are slow to go.
        waves = max(1, self.settings.drain_ms * 3 // 4 // limits.DRAIN_WAVE_MS)
        size = max(limits.DRAIN_WAVE_VIEWERS_MIN, -(-len(guests) // waves))
        told: Sequence[Guest] = ()
        for start in range(0, len(guests) + size, size):
            for guest in told:
                guest.close(CloseCode.DRAINED, "connect again")
            told = guests[start : start + size]
            for guest in told:
                # It was in, so it is let in before newcomers at once.
                tell_moved(guest, 0, self.turns.issue(guest.session_id, 0, own_line=False))
            if told:
                await anyio.sleep(min(limits.DRAIN_WAVE_MS, self.settings.drain_ms // 4) / 1000)

    async def dismiss(self) -> None:
        """Close the connections of all who are left, and cut off who does not go at once."""
        self._emptied = anyio.Event()
        for guest in tuple(self._guests):
            guest.close(CloseCode.GOING_AWAY, "connect again")
        if self._guests:
            with anyio.move_on_after(limits.DISMISS_MS_MAX / 1000):
                await self._emptied.wait()
        self.cut_off()

    def cut_off(self) -> None:
        """Cut the connections of all who are left, and answer those who were declined."""
        self.refusals.say_all()
        for guest in tuple(self._guests):
            guest.abort()

    def _look_up(self, guest: Guest) -> None:
        # One look-up a session, however many wait, so many sessions at a time, and of an address
        # so many that are not there: names that someone makes up must not keep the store busy.
        waiting = self._looking_up.get(guest.session_id)
        if waiting is not None:
            waiting.append(guest)
        elif self.engine.rooms.missing(guest.session_id):
            no_such_session(guest)
        elif len(self._looking_up) >= limits.SESSIONS_LOOKED_UP_MAX:
            send_away(guest)
        else:
            self._begin_to_find(guest)

    def _begin_to_find(self, guest: Guest) -> None:
        try:
            # Counted first: many that are looked up at once are all counted by then.
            self._strays.take(guest.address)
        except RateLimited as refusal:
            send_away(guest, refusal.fields["retry_after_ms"])
            return
        assert self._tasks is not None, "the gateway runs before connections come"
        self._looking_up[guest.session_id] = [guest]
        self._tasks.start_soon(self._find, guest.session_id, guest.address)

    async def _find(self, session_id: str, address: str) -> None:
        log = SessionLog(session_id, _logger)
        try:
            await self.engine.rooms.look_up(session_id)
            self._strays.give_back(address)
        except NotFound:
            for guest in self._looking_up[session_id]:
                no_such_session(guest)
        except LiveshopError:
            self._strays.give_back(address)  # nothing is known of it while a store is away
            log.info("not loaded yet; its viewers are told at `hello`")
        except Exception:
            log.exception("loading failed")
        finally:
            del self._looking_up[session_id]


def _close_if_revoked(guest: Guest, grant: Grant, revocations: Revocations) -> None:
    """Close a connection if its token was revoked; a bug in that costs only this connection."""
    try:
        if revocations.reach(grant):
            guest.close(CloseCode.BAD_TOKEN, "the token was revoked")
    except Exception:
        # Left open, a token that may have been stolen would go on.
        _logger.exception("a connection could not be closed for its revoked token")
        guest.abort()


def _take_one(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
