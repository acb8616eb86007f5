"""A node with its HTTP interface, and a database: those of the levels below."""

from tests.edge.http.conftest import api
from tests.stores.postgres.conftest import database, shop

__all__ = ["api", "database", "shop"]
