"""The doings of staff over HTTP, as the activity log is told of them.

Refusals for want of a right are recorded whatever was asked for; all else if it may change
something.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from liveshop.core import wire
from liveshop.core.activity import OK
from liveshop.core.errors import BadRequest, Forbidden, LiveshopError, OtherShop, Unavailable
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Operation, Reply
from liveshop.engine.activity import ActivityLog

# The client hung up, or a bug of ours came between: perhaps it was carried out.
_UNKNOWN: Final = "unknown"


@dataclass(slots=True)
class Record:
    """The thing that an operation is about, as far as it is known.

    It is `begun` once something may have changed. `again` is a request that was sent before: the
    log has it.
    """

    shop: str | None
    about: str | None = None
    session_id: str | None = None
    begun: bool = False
    again: bool = False

    def take(self, reply: Reply) -> None:
        """Take in what the answer tells of a thing that the path could not name."""
        self.again = reply.kept
        if reply.made is not None:
            self.about = reply.made.about or self.about
            self.session_id = reply.made.session_id or self.session_id
            self.shop = reply.made.shop or self.shop
        elif self.session_id is None and isinstance(reply.content, dict):
            self.session_id = reply.content.get("session_id")

    def fields(self, operation: Operation, path: Mapping[str, Any]) -> dict[str, str | None]:
        """Return it as the log takes it, with what the path names.

        That is not checked yet if the operation was refused, and anything may stand there.
        """
        named = {name: text for name, text in path.items() if _fits(operation, name, text)}
        session_id = named.pop("session_id", None) or self.session_id
        about = self.about or next(iter(named.values()), None)
        return {"about": about, "session_id": session_id, "shop": self.shop}


@contextmanager
def recording(
    log: ActivityLog, operation: Operation, caller: Caller, path: Mapping[str, Any]
) -> Iterator[Record | None]:
    """Record what comes of an operation; nothing, and None, for a caller who is not staff."""
    if not caller.is_staff:
        yield None
        return
    by, action = caller.identity(), operation.handler.__name__
    # The path is looked at once there is something to record: a purchase by a key has nothing.
    record = Record(caller.shop)
    try:
        yield record
    except (Forbidden, OtherShop) as refusal:
        if isinstance(refusal, OtherShop):
            record.shop = refusal.shop
        log.record_refusal(by, action, **record.fields(operation, path), outcome=refusal.code)
        raise
    except LiveshopError as failure:
        # A file that is refused in the middle has changed what stood above.
        partly = isinstance(failure, Unavailable) or operation.streams is not None
        if operation.records and record.begun and partly:
            log.record(by, action, **record.fields(operation, path), outcome=failure.code)
        raise
    except BaseException:
        if operation.records and record.begun:
            log.record(by, action, **record.fields(operation, path), outcome=_UNKNOWN)
        raise
    if operation.records and not record.again:
        log.record(by, action, outcome=OK, **record.fields(operation, path))


def _fits(operation: Operation, name: str, text: str) -> bool:
    try:
        wire.decode_as(text, operation.shape_of(name))
    except BadRequest:
        return False
    return True
