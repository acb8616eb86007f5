"""The bus between nodes: Redis pub/sub, which may lose messages at any time."""

from collections.abc import Callable

from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus

from liveshop.stores.redis.link import RedisLink


class Bus:
    """Listens on a connection of its own and publishes through a link.

    `on_message(session_id, payload)` and `on_reconnect()` are called in the bus' task, and must
    not block. `alive` is False while there is no connection or it has been silent for 2 s.
    """

    def __init__(self, url: str, link: RedisLink) -> None:
        self.on_message: Callable[[str, bytes], None]
        self.on_reconnect: Callable[[], None]
        self.alive = False

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Connect, and again whenever the connection is lost, until cancelled."""
        raise NotImplementedError

    async def subscribe(self, session_id: str) -> None:
        """Hear a session's messages; returns once it is so, or at once while not connected.

        In the second case `on_reconnect` follows, when messages may have been missed.
        """
        raise NotImplementedError

    async def unsubscribe(self, session_id: str) -> None:
        """Stop hearing a session's messages."""
        raise NotImplementedError

    async def publish(self, session_id: str, payload: bytes) -> None:
        """Send a payload to every node that hears the session, this one included."""
        raise NotImplementedError
