"""The stores over one pool of connections to PostgreSQL, looked up by their classes."""

from collections.abc import Callable
from typing import Any, TypeVar

from liveshop.core.feature import Vocabulary
from liveshop.stores.postgres.beginnings import Beginnings
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.sessions import Sessions

Store = TypeVar("Store")


class Stores:
    """`stores[Orders]` is the one `Orders` over this `database`, made when it is asked for first.

    A feature brings a store of its own: a class that is made of a `Database`.
    """

    def __init__(self, database: Database, vocabulary: Vocabulary) -> None:
        self.database = database
        self._made: dict[Callable[..., Any], Any] = {}
        self.put(Sessions(database, vocabulary))
        self.put(Beginnings(database, vocabulary))

    def __getitem__(self, kind: Callable[..., Store]) -> Store:
        made: Store | None = self._made.get(kind)
        if made is None:
            made = self._made[kind] = kind(self.database)
        return made

    def put(self, store: object) -> None:
        """Use this one for its class, which takes more than a database to make."""
        self._made[type(store)] = store
