"""The instants of a show that comes every week at the same local time."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liveshop.core.errors import BadRequest
from liveshop.core.limits import INSTANT_MS_MAX

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
# Files in the same folder that are no places: one counts leap seconds, the other is the machine's.
_NO_PLACES: Final = ("right/", "posix/", "localtime", "posixrules", "Factory")


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone of the IANA database, or raise BadRequest."""
    if not name.startswith(_NO_PLACES):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise BadRequest(
        f"`time_zone`: {name} is no time zone of the IANA database; such as Europe/Athens"
    )


def weeks_after(first_ms: int, weeks: range, zone: ZoneInfo) -> list[int]:
    """Return the instants so many weeks after the first, at its local time.

    A local time that the clocks skip is as much later as they skip, so that 02:30 becomes 03:30.
    One that comes twice is the first of the two. The weeks after it have the local time of the
    first show again. Raises BadRequest if one would be beyond the last instant there is.
    """
    try:
        wall = (_EPOCH + first_ms * _MS).astimezone(zone).replace(tzinfo=None)
        # `fold=0` is the offset from before the clocks are changed, which does both.
        shows = [(wall + timedelta(weeks=week)).replace(tzinfo=zone, fold=0) for week in weeks]
        instants = [(show - _EPOCH) // _MS for show in shows]
    except OverflowError:
        instants = [INSTANT_MS_MAX + 1]
    if any(not 0 <= instant <= INSTANT_MS_MAX for instant in instants):
        raise BadRequest("`starts_at_ms`: a show would start before 1970 or after the year 9999")
    return instants


def local_time(instant_ms: int, zone: ZoneInfo) -> str:
    """Return an instant as clocks there show it, with their offset, by ISO 8601."""
    return (_EPOCH + instant_ms * _MS).astimezone(zone).isoformat(timespec="seconds")
