"""A page's socket of which the server's messages can be held, to force an order of events."""

import json
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, WebSocketRoute

Json = dict[str, Any]


class HeldLine:
    """The socket between a page and its node: `holds(message)` says what waits for `release`."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self.holds: Callable[[Json], bool] = lambda message: False
        self._waiting: list[Json] = []
        self._line: WebSocketRoute | None = None

    async def stand(self, page: Page) -> None:
        """Stand between a page that is not open yet and its node."""
        await page.route_web_socket("**/ws/**", self._between)

    def has(self, kind: str) -> bool:
        """Whether a message of this type waits."""
        return any(message["type"] == kind for message in self._waiting)

    def release(self) -> None:
        """Let all pass that was held, in one message, and hold nothing more."""
        self.holds = lambda message: False
        assert self._line is not None
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._line.send(json.dumps(waiting))

    def _between(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        self._line = line

        def ask(text: str | bytes) -> None:
            self.sent.append(json.loads(text))
            server.send(text)

        def answer(text: str | bytes) -> None:
            messages: list[Json] = json.loads(text)
            held = [message for message in messages if self.holds(message)]
            self._waiting += held
            passing = [message for message in messages if message not in held]
            if passing:
                line.send(json.dumps(passing))

        line.on_message(ask)
        server.on_message(answer)
