"""The records of HTTP about shows that are planned again."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Instant, NewId, TimeZone, Title
from liveshop.core.model import Status
from liveshop.core.records import extended
from liveshop.core.shelving import SkuUnits
from liveshop.edge.http.base_records import Input, Output
from liveshop.edge.http.session_records import session_view
from liveshop.features.planning.rules import REPEATED_SHOWS_MAX

Units = Literal["copy", "none"]


class NewClone(Input, frozen=True, kw_only=True):
    """A copy of a show: `session_id` is its id, which the caller makes.

    Without `starts_at_ms` it is a draft. `units` is `copy` to take the same units out of the
    catalogue, `none` to take none. With `all_or_nothing` a copy that would get fewer is refused.
    With `dry_run` nothing is made: the answer says what would be.
    """

    session_id: NewId
    title: Title | None = None
    starts_at_ms: Instant | None = None
    units: Units = "copy"
    all_or_nothing: bool = False
    dry_run: bool = False


class NewRepeats(Input, frozen=True, kw_only=True):
    """Copies of a show that start every week at the same local time in `time_zone`.

    `starts_at_ms` is the first; without it the first is a week after the show that is repeated.
    The rest is as for one copy.
    """

    every: Literal["week"]
    count: Annotated[int, Meta(ge=1, le=REPEATED_SHOWS_MAX)]
    time_zone: TimeZone
    starts_at_ms: Instant | None = None
    title: Title | None = None
    units: Units = "none"
    all_or_nothing: bool = False
    dry_run: bool = False


class RepeatedShow(Output, frozen=True, kw_only=True):
    """One of the copies; `local_time` is when it starts there, `created` whether it is new."""

    id: str
    title: str
    status: Status
    starts_at_ms: int
    local_time: str
    created: bool
    units: list[SkuUnits]


class RepeatedShows(Output, frozen=True, kw_only=True):
    """The copies of a show, in the order of their starts."""

    sessions: list[RepeatedShow]


def clone_view(vocabulary: Vocabulary) -> Any:
    """Return the record of a session with the units that it got as a copy."""
    doc = "A session that is a copy of another, and the units of each SKU that it got."
    view = session_view(vocabulary)
    return extended(view, [("units", list[SkuUnits])], name="ClonedSession", doc=doc)
