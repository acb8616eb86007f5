"""The other nodes that have a session, and what this one tells them."""

from typing import Any

import anyio

from liveshop.core import limits
from liveshop.core.errors import Busy, Conflict, OutcomeUnknown, Unavailable
from liveshop.core.wire import encode_one
from liveshop.engine.fanout.mailbox import Mailbox
from liveshop.engine.node import Node

_EXPECTED_S = 3 * limits.PULSE_MS / 1000


class Peers:
    """Publishes on the session's channel of the bus; while there is no peer, the bus is spared.

    `nodes` counts the nodes that have the session, this one included, as the pulse counted them;
    `features` are those that all of them have.
    Nothing waits for a message of the bus: the pulse of each node repairs what is lost on the way.
    """

    def __init__(self, node: Node, session_id: str, mailbox: Mailbox) -> None:
        self._node = node
        self._session_id = session_id
        self._mailbox = mailbox
        self.nodes = 1
        self.features: frozenset[str] = frozenset()
        self._expected_until_s = 0.0

    async def announce(self) -> None:
        """Tell the peers, known or not, that there is one more."""
        await self._publish("here", None)

    def require(self, feature: str) -> None:
        """Raise Conflict while a node that has the session lacks a feature.

        Otherwise its viewers, in a rolling upgrade, would not see what the others take part in.
        """
        if feature not in self.features:
            raise Conflict(f"a node that has this session does not know {feature} yet")

    def expect(self) -> None:
        """Believe that a peer has the session too, until the pulses have counted it."""
        self._expected_until_s = anyio.current_time() + _EXPECTED_S

    async def publish(self, kind: str, body: Any) -> bool:
        """Tell the peers, if there are any; False where Redis has surely not got it."""
        if self.nodes < 2 and anyio.current_time() >= self._expected_until_s:
            return True
        return await self._publish(kind, body)

    async def post(self) -> None:
        """Send what the mailbox has for peers, in one message; if that fails, it waits there."""
        outgoing = self._mailbox.take()
        if outgoing and not await self.publish("outgoing", outgoing):
            self._mailbox.put_back(outgoing)

    async def _publish(self, kind: str, body: Any) -> bool:
        # The instant is for measurements; a node of an older release does not send it.
        at_ms = self._node.now_ms()
        told = {"node": self._node.node_id, "kind": kind, "at_ms": at_ms, "body": body}
        payload = encode_one(told)
        try:
            await self._node.bus.publish(self._session_id, payload)
        except (Unavailable, Busy) as failure:
            self._node.metrics.bus_lost.inc()
            return isinstance(failure, OutcomeUnknown)
        return True
