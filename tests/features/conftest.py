"""The fixtures of each layer, for the tests of features."""

from tests.edge.http.conftest import api
from tests.engine.conftest import other, shop
from tests.stores.postgres.conftest import database
from tests.stores.postgres.conftest import shop as stored_shop

__all__ = ["api", "database", "other", "shop", "stored_shop"]
