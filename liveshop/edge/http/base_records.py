"""The base of all records of HTTP: inputs refuse unknown fields, outputs may grow."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from liveshop.core import limits
from liveshop.core.fields import Id, PersonId

PageLimit = Annotated[int, Meta(ge=1, le=limits.PAGE_ITEMS_MAX)]
Sequence = Annotated[int, Meta(ge=0, le=limits.REF_MAX)]


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field that is not named here is refused."""


class Output(Struct, frozen=True, kw_only=True):
    """Clients ignore the fields that they do not know."""


class Nothing(Input, frozen=True, kw_only=True):
    """No fields at all."""


class Page(Input, frozen=True, kw_only=True):
    """Which page of a list: `after` is the `next` of the page before."""

    after: Id | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class ActingFor(Input, frozen=True, kw_only=True):
    """With an API key: the buyer it acts for."""

    viewer_id: PersonId | None = None


class Health(Output, frozen=True, kw_only=True):
    """Alive, or able to serve."""

    status: Literal["alive", "ready"]


class Problem(Output, frozen=True, kw_only=True, tag_field="type", tag="error"):
    """A refusal: `code` is stable, `message` is for people, the rest depends on the code."""

    code: str
    message: str
    limit: int = 0
    left: int = 0
    price: int = 0
    reason: str = ""
    retry_after_ms: int = 0
