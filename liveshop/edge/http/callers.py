"""The caller: nobody in particular, the bearer of a token, or a merchant's backend with a key."""

from dataclasses import dataclass

from liveshop.core.claims import Grant
from liveshop.core.errors import BadRequest, Forbidden, NotAllowed, Unauthorized
from liveshop.core.fields import is_composed
from liveshop.core.roles import Identity, Role, Scope
from liveshop.stores.postgres.keys import Key


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request; `api_key` if it is a merchant's backend, whose `key` it is.

    `address` is what its address counts by.
    """

    grant: Grant | None = None
    api_key: bool = False
    key: Key | None = None
    address: str = ""

    @property
    def role(self) -> Role | None:
        """The role of the caller, None without a token."""
        return None if self.grant is None else self.grant.identity.role

    @property
    def is_staff(self) -> bool:
        """Whether it is a moderator, host, admin or API key: the activity log is of these."""
        return self.role is not None and self.role >= Role.MODERATOR

    @property
    def session_id(self) -> str | None:
        """The one session that the token is good for, None for any."""
        return None if self.grant is None else self.grant.session_id

    @property
    def shop(self) -> str | None:
        """The one shop that the token or the key is good for, None for all."""
        return None if self.grant is None else self.grant.identity.shop

    @property
    def name(self) -> str:
        """The name by which a caller with a token or a key is counted."""
        return self.identity().account

    def identity(self) -> Identity:
        """Return whom the token or the key names; raises Unauthorized without one."""
        if self.grant is None:
            raise Unauthorized
        return self.grant.identity

    def require(self, role: Role) -> None:
        """Raise Unauthorized without a token, Forbidden with too low a role."""
        if self.identity().role < role:
            raise Forbidden(role.word)

    def require_key(self) -> None:
        """Raise Unauthorized without a token, Forbidden without an API key."""
        self.identity()
        if not self.api_key:
            raise NotAllowed("this needs an API key")

    def require_scope(self, scope: Scope | None) -> None:
        """Raise Forbidden for an API key without a scope; None is one that no key has."""
        if not self.api_key:
            return
        if scope is None:
            raise NotAllowed("no API key may do this")
        scopes = None if self.key is None else self.key.scopes
        if scopes is not None and scope not in scopes:
            raise NotAllowed(f"this API key lacks the scope {scope}")

    def require_anywhere(self) -> None:
        """Raise Forbidden if the token is good for one session only."""
        if self.session_id is not None:
            raise NotAllowed("this needs a token for every session")

    def shop_of_new(self, named: str | None) -> str | None:
        """Return the shop of what the caller makes: its own, unless a caller of all names one.

        Raises Forbidden for another shop than the caller's.
        """
        if self.shop is None or named is None:
            return named or self.shop
        if named != self.shop:
            raise NotAllowed(f"this is good for the shop {self.shop} only")
        return named

    def within(self, session_id: str) -> None:
        """Raise Unauthorized if the token is of another session."""
        if self.grant is not None:
            self.grant.identity_in(session_id)

    def is_staff_of(self, session_id: str | None) -> bool:
        """Return True for one who moderates a session, or, of None, all sessions.

        Drafts are shown to these only, and where the video is before the show.
        """
        return self.is_staff and self.session_id in (None, session_id)

    def sees_hidden_products(self) -> bool:
        """Whether the catalogue is shown with what is not public: to hosts, and to API keys.

        A token for one session without a shop does not say whose products are its own.
        """
        if self.grant is None or self.grant.identity.role < Role.HOST:
            return False
        return self.session_id is None or self.shop is not None

    def buyer(self, viewer_id: str | None) -> Identity:
        """Return for whom the caller buys: itself, or whom the backend names in `viewer_id`."""
        identity = self.identity()
        if not self.api_key:
            if viewer_id not in (None, identity.viewer_id):
                raise NotAllowed("`viewer_id` needs an API key")
            return identity
        if viewer_id is None:
            raise BadRequest("`viewer_id` is missing: an API key acts for a buyer")
        if not is_composed(viewer_id):
            raise BadRequest("`viewer_id` is not in Unicode's form NFC")
        return Identity(viewer_id, viewer_id, Role.VIEWER)
