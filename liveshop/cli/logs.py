"""How a process logs: lines for people, or one JSON object a line for machines."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# The fields of every record; the caller that logs gives the rest: `session`, `rid`, `part`, …
_USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Each request of ours, each connection of the crowd, each delivery of traces.
_CHATTY: Final = ("httpx", "httpcore", "websockets", "uvicorn.access", "urllib3")


class JsonLines(logging.Formatter):
    """Writes a record as a JSON object: `at`, `level`, `logger`, `message`, and what it is of."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; a traceback is in `traceback`, its line ends escaped."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        given = ((name, value) for name, value in vars(record).items() if name not in _USUAL)
        line |= {name: value for name, value in given if name not in line}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def log_to(handler: logging.Handler, level: str, log_format: str = "text") -> None:
    """Send what this process logs to one handler."""
    handler.setFormatter(JsonLines() if log_format == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
