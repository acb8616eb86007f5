"""An asker without a socket: waits for the answer to a purchase that came over HTTP."""

from typing import Any

import anyio

from liveshop.core import messages
from liveshop.core.errors import LiveshopError, OutcomeUnknown
from liveshop.core.limits import ANSWER_MS_MAX
from liveshop.core.model import Reservation
from liveshop.core.roles import Identity
from liveshop.core.wire import Message
from liveshop.engine.fanout.viewer import Viewer


class Reply:
    """Takes the first answer; the buyer's connections get those that follow it."""

    def __init__(self, identity: Identity | None = None) -> None:
        self.identity = identity
        self.viewer: Viewer | None = None
        self.ref: int | None = None
        # Set once nobody waits for the answer any longer.
        self.gone = False
        self._answered = anyio.Event()
        self._message: Message = {}
        self._known = False
        self._refusal: LiveshopError | None = None

    def answer(self, message: dict[str, Any]) -> None:
        """Take an answer."""
        if not self._answered.is_set():
            self._message = message
            self._answered.set()

    def reserved(self, reservation: Reservation, *, known: bool) -> None:
        """Take a reservation, with its state once it is resolved."""
        self._known = known
        self.answer(messages.reserved_over_http(reservation))

    def refuse(self, refusal: LiveshopError) -> None:
        """Take a refusal."""
        self._refusal = refusal
        self._answered.set()

    async def wait(self, timeout_ms: int = ANSWER_MS_MAX) -> tuple[Message, bool]:
        """Return the answer and whether it was given before, or raise the refusal.

        Raises OutcomeUnknown where none comes in time.
        """
        try:
            with anyio.move_on_after(timeout_ms / 1000):
                await self._answered.wait()
        finally:
            self.gone = not self._answered.is_set()
        if not self._answered.is_set():
            raise OutcomeUnknown()
        if self._refusal is not None:
            # One refusal may be the answer to many: a traceback must not grow with each.
            raise self._refusal.with_traceback(None)
        return self._message, self._known
