"""Guests in requests and answers."""

from liveshop.core.fields import Id, Name, Uuid
from liveshop.edge.http.base_records import Input, Output
from liveshop.features.people import Mail, mail_flaw, name_flaw


class NewGuest(Input, frozen=True, kw_only=True):
    """Somebody who wants to take part in a session, by a name that its other viewers see.

    With a `rid` of the client's own, which it keeps to itself, the request may be repeated.
    """

    session: Id
    name: Name
    email: Mail | None = None
    rid: Uuid | None = None

    def __post_init__(self) -> None:
        if (flaw := name_flaw(self.name)) is not None:
            raise ValueError(f"`name` {flaw}")
        if self.email is not None and (flaw := mail_flaw(self.email)) is not None:
            raise ValueError(f"`email` {flaw}")


class GuestsView(Output, frozen=True, kw_only=True):
    """Whether this server lets guests in, and if not, why."""

    allowed: bool
    reason: str | None


class MadeGuest(Output, frozen=True, kw_only=True):
    """A guest, and the token that it joins with, good in its session until `expires_at_ms`."""

    token: str
    viewer_id: str
    session_id: str
    name: str
    expires_at_ms: int


class GuestView(Output, frozen=True, kw_only=True):
    """All that is kept of a guest."""

    viewer_id: str
    session_id: str
    name: str
    email: str | None
    expires_at_ms: int
