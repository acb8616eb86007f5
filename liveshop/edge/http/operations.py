"""An HTTP operation: a handler, its place in the table and what it may answer.

The handler's annotations say what it reads, `Call[Query, Body]`, and its docstring what it
does: parsing and the OpenAPI document both follow them, so that neither can drift.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar, get_args, get_type_hints

from starlette.requests import Request

from liveshop.core import limits
from liveshop.core.errors import LiveshopError
from liveshop.core.fields import Id, Uuid
from liveshop.core.people import People
from liveshop.core.roles import Role, Scope
from liveshop.core.settings import Settings
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.known_keys import KnownKeys
from liveshop.edge.http.throttle import Throttle
from liveshop.engine.engine import Engine
from liveshop.stores.postgres.shops import Owner
from liveshop.stores.postgres.stores import Stores

JSON: Final = "application/json"
# Of a body that is looked at itself: its type is not asked for.
ANY_TYPE: Final = "*/*"
Query = TypeVar("Query")
Body = TypeVar("Body")
Own = TypeVar("Own")

# The parts of paths that name things of the kernel; operations of features bring theirs.
PATH_FIELDS: Final[Mapping[str, Any]] = {
    "product_id": Id,
    "session_id": Id,
    "payment_id": Id,
    "key_id": Id,
    "rid": Uuid,
    "order_id": Uuid,
}


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a node that handlers work with.

    `services[make]` is what `make` returns for these services, the same every time: a feature keeps
    there what its requests share, so that no other has to know of it.
    """

    settings: Settings
    engine: Engine
    stores: Stores
    keys: KnownKeys
    people: People
    throttle: Throttle
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False)

    def __getitem__(self, make: "Callable[[Services], Own]") -> Own:
        made: Own | None = self._made.get(make)
        if made is None:
            made = self._made[make] = make(self)
        return made


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """One request, parsed: `path` has well-formed ids; handlers read some bodies of `request`."""

    caller: Caller
    path: Mapping[str, str]
    query: Query
    body: Body
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The thing that an operation has made, for the activity log: its path could not name it."""

    about: str | None = None
    session_id: str | None = None
    shop: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a record, a message, a text, encoded JSON or chunks of bytes, and its status.

    One that is `kept` is of a request before this one: nothing was done for it now.
    """

    content: Any
    status: int = 200
    made: Made | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A part of a path that names a thing of a feature: what its ids are, and whose it is.

    `owner` finds that, for somebody who is bound to a shop or none. Without it the operation only
    looks for what belongs to the caller.
    """

    shape: Any
    owner: Callable[[Services, str, str | None], Awaitable[Owner | None]] | None = None


Handler = Callable[[Services, Call[Any, Any]], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One line of the HTTP table.

    `names` are the parts of its path that the kernel does not know, by their names in it.
    `scope` is the one that an API key needs for it, None where no key may call it. `needs` is the
    lowest role, None for anyone; `api_key` asks for an API key instead.
    `answers` are its successes by status, None for one without a body; `refuses` are the errors of
    its own, besides those that every operation has. `streams` is the media type of a body that the
    handler reads itself, or ANY_TYPE, `reads` the record of a JSON body that it does. `body` says
    more than the handler's annotation where it depends on the features of a node; it has at most
    `body_bytes_max`. `returns` is the media type of an answer, which is text then if it is not
    JSON. `records` is whether the activity log is told of what staff do by it: all that may change
    something, unless it is said here; purchases are no part of it. `secret` is whether it answers
    with what is shown only once, and so is kept nowhere.
    """

    method: str
    path: str
    handler: Handler
    answers: Mapping[int, Any]
    scope: Scope | None
    needs: Role | None = None
    api_key: bool = False
    names: Mapping[str, Named] = field(default_factory=dict)
    refuses: tuple[type[LiveshopError], ...] = ()
    streams: str | None = None
    reads: Any = None
    returns: str = JSON
    body: Any = None
    body_bytes_max: int = limits.BODY_BYTES_MAX
    records: bool | None = None
    secret: bool = False
    query: Any = field(init=False)

    def __post_init__(self) -> None:
        query, body = get_args(get_type_hints(self.handler)["call"])
        if self.records is None:
            changes = self.method != "GET" and self.scope is not Scope.RESERVE
            object.__setattr__(self, "records", changes)
        object.__setattr__(self, "query", query)
        object.__setattr__(self, "body", self.body or body)

    def shape_of(self, name: str) -> Any:
        """Return what the ids are that stand in a part of its path."""
        named = self.names.get(name)
        return PATH_FIELDS[name] if named is None else named.shape

    @property
    def once(self) -> bool:
        """Whether it takes an `Idempotency-Key`: what makes something, unless a rid names it."""
        named = self.scope is Scope.RESERVE or self.api_key or self.needs is None
        whole = self.streams is None and self.reads is None and self.returns == JSON
        return self.method == "POST" and whole and not named and not self.secret
