"""The log lines of one session: each names it, for people and as a field."""

import logging
from collections.abc import MutableMapping
from typing import Any

_logger = logging.getLogger("liveshop.session")


class SessionLog(logging.LoggerAdapter[logging.Logger]):
    """Logs what concerns a session; further fields go into `extra`."""

    def __init__(self, session_id: str, logger: logging.Logger = _logger) -> None:
        super().__init__(logger)
        self._session_id = session_id

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a message with the session before it."""
        super().log(level, f"session %s: {msg}", self._session_id, *args, **kwargs)

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        """Put the session among the fields."""
        kwargs["extra"] = {"session": self._session_id, **(kwargs.get("extra") or {})}
        return msg, kwargs
