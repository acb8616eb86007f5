"""A viewer's connection as a state machine: text and instants in; commands, frames, closes out.

The shell around it owns the socket. It hands over each text message (`receive`), tells of pongs
and of a socket that takes nothing further (`pong`, `fell_behind`, `caught_up`), asks at `due_ms`
what time asks for (`tick`), and does what it is told. Instants are those of any clock that never
goes back.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from liveshop.core import limits, wire
from liveshop.core.activity import object_named_in
from liveshop.core.close_codes import CloseCode
from liveshop.core.commands import PURCHASES, Buy, Command, Hello, Rate
from liveshop.core.errors import (
    BadFrame,
    BadRequest,
    Ended,
    Forbidden,
    LiveshopError,
    RateLimited,
    Unauthorized,
)
from liveshop.core.feature import Vocabulary
from liveshop.core.rate import Bucket
from liveshop.core.roles import Identity, Role

_BUY: Final = Buy.__struct_config__.tag
# The refusals of the staff that the activity log is told of: for want of a right, and for haste.
_RECORDED: Final = (Unauthorized, Forbidden, RateLimited)


class Phase(Enum):
    """A connection starts JOINING, is JOINED by a good `hello`, and ends CLOSING: three states."""

    JOINING = "joining"
    JOINED = "joined"
    CLOSING = "closing"


class Nudge(Enum):
    """An action that time may ask for, besides closing."""

    PING = "ping"
    ABORT = "abort"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class StaffRefusal:
    """A command of the staff that one of them was refused; `answer` is the frame that says so.

    `role` is that of the token, also once that has ended.
    """

    answer: bytes
    role: Role
    action: str
    about: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Close:
    """Start the closing handshake."""

    code: CloseCode
    reason: str


class Allowance(Bucket):
    """How many commands may come, and under it how many of each kind that has a rate of its own.

    It is one connection's until that joins; then all connections of a viewer share one. If each
    had its own, fifty of them would be worth fifty times as much.
    """

    __slots__ = ("_kinds",)

    def __init__(self, per_second: int, burst: int, now_ms: int) -> None:
        super().__init__(per_second, burst, now_ms)
        # Most viewers only watch: a bucket is made when it is first drawn from.
        self._kinds: dict[str, Bucket] | None = None

    def of(self, rate: Rate, now_ms: int) -> Bucket:
        """Return the bucket of a kind."""
        if self._kinds is None:
            self._kinds = {}
        bucket = self._kinds.get(rate.name)
        if bucket is None:
            bucket = self._kinds[rate.name] = Bucket(rate.per_second, rate.burst, now_ms)
        return bucket


def _reads_all(message: wire.Message) -> bool:
    return False


class Connection:
    """One viewer's connection: it knows what may be said now, and by when it must be heard of."""

    __slots__ = (
        "_allowance",
        "_asked",
        "_behind_since_ms",
        "_deadline_ms",
        "_frames",
        "_lapsed",
        "_lapses_ms",
        "_ping_at_ms",
        "_ping_ms",
        "_pong_by_ms",
        "_vocabulary",
        "identity",
        "phase",
    )

    def __init__(self, vocabulary: Vocabulary, *, ping_ms: int, now_ms: int) -> None:
        self._vocabulary = vocabulary
        self.phase = Phase.JOINING
        self.identity: Identity | None = None
        # When the token of one of the staff ends; None for all others, and once it has.
        self._lapses_ms: int | None = None
        self._lapsed: Role | None = None  # the role that it had before its token ended
        self._allowance: Allowance | None = None
        self._frames: Bucket | None = None
        # While JOINING: by when `hello` must come. While CLOSING: when the socket is cut.
        self._deadline_ms = now_ms + limits.HELLO_MS_MAX
        self._ping_ms = ping_ms
        self._ping_at_ms = now_ms + ping_ms
        self._behind_since_ms: int | None = None
        self.pong(now_ms)

    def floods(self, frames: int, now_ms: int) -> bool:
        """Count frames that came, of whatever kind; return True if they are too many.

        Each takes time from the others, if it is answered, refused or dropped.
        """
        if not frames:
            return False
        self._frames = self._frames or Bucket(*limits.FRAMES_RATE, now_ms)
        return self._frames.take(now_ms, frames) > 0

    def receive(
        self, text: str, now_ms: int, refuses_unread: Callable[[wire.Message], bool] = _reads_all
    ) -> Command | bytes | StaffRefusal | Close | None:
        """Take a message; return what to carry out, a frame that refuses it, or a close.

        If one of the staff is refused what is for the staff, the refusal says what that was.
        While JOINING it returns no command but Hello: check its token, then call `join`.
        `refuses_unread` is asked about each `buy` of one with a token, before it is read whole. If
        it has answered that with a refusal, there is nothing to carry out, which is None.
        """
        assert self.phase is not Phase.CLOSING, "the shell drops what comes after a close"
        try:
            message = wire.decode_object(text)
        except BadFrame as exc:
            return Close(CloseCode.BAD_FRAME, str(exc))
        if self.phase is Phase.JOINING and message.get("type") != "hello":
            return Close(CloseCode.NO_HELLO, "the first message is `hello`")
        try:
            return self._admit(message, now_ms, refuses_unread)
        except LiveshopError as refusal:
            return self._refuse(message, refusal)

    @property
    def allowance(self) -> Allowance:
        """The bucket that `hello` was counted in."""
        assert self._allowance is not None, "a message has come"
        return self._allowance

    def join(
        self,
        identity: Identity | None,
        allowance: Allowance | None = None,
        *,
        ends_ms: int | None = None,
        now_ms: int = 0,
    ) -> None:
        """Let the viewer in, with the identity that its token gave, if it had one.

        `allowance` is that of the same viewer's other connections; a host has one for each.
        `ends_ms` is when the token ends; from then on, which may be now, a connection of the staff
        is a viewer's.
        """
        assert self.phase is Phase.JOINING, "a connection joins once"
        self.phase = Phase.JOINED
        self.identity = identity
        if identity is not None and identity.role >= Role.MODERATOR:
            self._lapses_ms = ends_ms
            self._has_lapsed(now_ms)
        if self.identity is not None and self.identity.role >= Role.HOST:
            self._allowance = None  # a host's own is made in its place
        elif allowance is not None:
            self._allowance = allowance

    def pong(self, now_ms: int) -> None:
        """Note that the viewer answered a ping."""
        self._asked = False
        self._pong_by_ms = now_ms + self._ping_ms + limits.PONG_GRACE_MS

    @property
    def behind(self) -> bool:
        """Whether the viewer has more waiting for it than it may."""
        return self._behind_since_ms is not None

    def fell_behind(self, now_ms: int) -> None:
        """Note that more is waiting for the viewer than may."""
        self._behind_since_ms = now_ms

    def caught_up(self) -> None:
        """Note that nothing is waiting for the viewer any longer."""
        self._behind_since_ms = None

    def closing(self, by_ms: int) -> None:
        """Note that the closing handshake has begun; the socket is cut at `by_ms`."""
        self.phase = Phase.CLOSING
        self._deadline_ms = by_ms

    @property
    def due_ms(self) -> int:
        """The instant at which `tick` has something to say, unless something happens before."""
        if self.phase is Phase.CLOSING:
            return self._deadline_ms
        due_ms = min(self._ping_at_ms, self._pong_by_ms)
        if self.phase is Phase.JOINING:
            due_ms = min(due_ms, self._deadline_ms)
        if self._behind_since_ms is not None:
            due_ms = min(due_ms, self._behind_since_ms + limits.SLOW_VIEWER_MS_MAX)
        if self._lapses_ms is not None:
            due_ms = min(due_ms, self._lapses_ms)
        return due_ms

    def tick(self, now_ms: int) -> Nudge | Close | None:
        """Return what the time asks for: a ping, a close, cutting the socket, or nothing yet.

        LAPSE: the token of one of the staff has ended, and `identity` is a viewer's from here on.
        """
        if now_ms < self.due_ms:
            return None
        if self.phase is Phase.CLOSING:
            return Nudge.ABORT
        behind_ms = 0 if self._behind_since_ms is None else now_ms - self._behind_since_ms
        if behind_ms >= limits.SLOW_VIEWER_MS_MAX:
            return Close(CloseCode.TOO_SLOW, "too slow")
        if self.phase is Phase.JOINING and now_ms >= self._deadline_ms:
            return Close(CloseCode.NO_HELLO, "no hello in time")
        if now_ms >= self._pong_by_ms and self._asked:
            return Close(CloseCode.NO_PONG, "no pong in time")
        if self._has_lapsed(now_ms):
            return Nudge.LAPSE
        if not self._asked:
            # After the node has stood still, the ping itself is late: its answer has its time, too.
            self._asked = True
            self._pong_by_ms = max(self._pong_by_ms, now_ms + limits.PONG_GRACE_MS)
        self._ping_at_ms = now_ms + self._ping_ms
        return Nudge.PING

    def _admit(
        self, message: wire.Message, now_ms: int, refuses_unread: Callable[[wire.Message], bool]
    ) -> Command | None:
        allowance = self._allowance
        if allowance is None:
            is_host = self.identity is not None and self.identity.role >= Role.HOST
            rate = limits.HOST_COMMANDS_RATE if is_host else limits.COMMANDS_RATE
            allowance = self._allowance = Allowance(*rate, now_ms)
        _charge(allowance, now_ms)
        # Under overload most of what comes is a `buy` to refuse, and half of that is reading it.
        if message.get("type") == _BUY and self.identity is not None and refuses_unread(message):
            allowance.of(PURCHASES, now_ms).take(now_ms)
            return None
        command = self._vocabulary.command(message)
        if isinstance(command, Hello) and self.phase is Phase.JOINED:
            raise BadRequest("`hello` was sent already, and comes only once")
        self._authorize(command, now_ms)
        if command.rate is not None:
            _charge(allowance.of(command.rate, now_ms), now_ms)
        return command

    def _refuse(self, message: wire.Message, refusal: LiveshopError) -> bytes | StaffRefusal:
        answer = wire.error_frame(refusal, wire.ref_of(message))
        role = self._staff_role
        if role is None or not isinstance(refusal, _RECORDED):
            return answer
        action = str(message.get("type"))
        if not self._vocabulary.is_for_staff(action):
            return answer
        return StaffRefusal(answer, role, action, object_named_in(message), refusal.code)

    @property
    def _staff_role(self) -> Role | None:
        """The role of a token of the staff, which may have ended; None for all others."""
        role = self.identity.role if self.identity is not None else None
        return self._lapsed or (role if role is not None and role >= Role.MODERATOR else None)

    def _has_lapsed(self, now_ms: int) -> bool:
        """Make the connection of one of the staff a viewer's, if its token has ended just now."""
        if self._lapses_ms is None or now_ms < self._lapses_ms:
            return False
        assert self.identity is not None, "the staff has an identity"
        self._lapses_ms, self._lapsed, self._allowance = None, self.identity.role, None
        self.identity = replace(self.identity, role=Role.VIEWER)
        return True

    def _authorize(self, command: Command, now_ms: int) -> None:
        if command.needs is None:
            return
        if self.identity is None:
            raise Unauthorized
        if command.needs >= Role.MODERATOR and (
            self._lapsed or (self._lapses_ms is not None and now_ms >= self._lapses_ms)
        ):
            raise Ended
        if self.identity.role < command.needs:
            raise Forbidden(command.needs.word)


def _charge(bucket: Bucket, now_ms: int) -> None:
    retry_after_ms = bucket.take(now_ms)
    if retry_after_ms:
        raise RateLimited(retry_after_ms=retry_after_ms)
