"""Turns as tickets: a joiner who was sent away shows one, so that it is let in first."""

import hmac
import random
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from liveshop.core import limits
from liveshop.core.settings import Settings

_LABEL: Final = b"liveshop turn"
_MAC_BYTES: Final = 16
# When it comes, of which line it is, a number that makes it one of a kind, the signature.
_TURN: Final = re.compile(r"(\d{1,15})([so])([0-9a-f]{12})-([0-9a-f]{32})", re.ASCII)


class Turn(NamedTuple):
    """A ticket that holds: its instant by the stores' clock, and its text."""

    at_ms: int
    own_line: bool
    text: str


class Turns:
    """Issues tickets and honours those of every node that has the same secret.

    A ticket is good for one session and one entry on each node, from its instant on for
    `TURN_VALID_MS`. It is not bound to an address, which a phone changes between two networks.
    Nobody gains by passing tickets on: an address is given as many as it may use itself.
    """

    def __init__(self, settings: Settings, now_ms: Callable[[], int]) -> None:
        """Take the secrets of the settings, and the stores' clock.

        A node that has only a public key makes up a key of its own, and honours its own tickets.
        """
        given = [secret for secret in (settings.secret, settings.secret_second) if secret]
        if not settings.secret:
            given.insert(0, secrets.token_hex())
        # Derived, so that a ticket's signature is never one of a token.
        self._keys = [hmac.digest(each.encode(), _LABEL, "sha256") for each in given]
        self._now_ms = now_ms
        # Until when each ticket would be good that has been used.
        self._spent: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        """Return how many used tickets are kept."""
        return len(self._spent)

    def issue(self, session_id: str, wait_ms: int, *, own_line: bool) -> str:
        """Return a ticket whose instant is in `wait_ms`."""
        line = "o" if own_line else "s"
        ticket = f"{self._now_ms() + wait_ms}{line}{random.getrandbits(48):012x}"
        return f"{ticket}-{_sign(self._keys[0], session_id, ticket)}"

    def read(self, session_id: str, text: str) -> Turn | None:
        """Return what a client shows, None if it is forged, spent, over or of another session."""
        match = _TURN.fullmatch(text)
        if match is None or text in self._spent:
            return None
        at_ms, line, _, signature = match.groups()
        if self._now_ms() >= int(at_ms) + limits.TURN_VALID_MS:
            return None
        ticket = text[: -len(signature) - 1]
        for key in self._keys:
            if hmac.compare_digest(_sign(key, session_id, ticket), signature):
                return Turn(int(at_ms), line == "o", text)
        return None

    def wait_ms(self, turn: Turn) -> int:
        """Return in how many ms a turn comes; 0 if it has come."""
        return max(0, turn.at_ms - self._now_ms())

    def spend(self, turn: Turn) -> None:
        """Note that somebody came in with a ticket: it lets nobody in again."""
        now_ms = self._now_ms()
        while self._spent and next(iter(self._spent.values())) <= now_ms:
            self._spent.popitem(last=False)
        if len(self._spent) >= limits.TURNS_SPENT_KEPT_MAX:
            self._spent.popitem(last=False)
        self._spent[turn.text] = turn.at_ms + limits.TURN_VALID_MS


def _sign(key: bytes, session_id: str, ticket: str) -> str:
    signature = hmac.digest(key, f"{ticket} {session_id}".encode(), "sha256")
    return signature[:_MAC_BYTES].hex()
