"""The HTTP application: the table of the API, the pages, and what every answer carries."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from liveshop.core.feature import Vocabulary
from liveshop.core.settings import Settings
from liveshop.core.wire import encode_one
from liveshop.edge.clients import Clients
from liveshop.edge.http import (
    commands,
    keys,
    orders,
    payments,
    products,
    reservations,
    revocations,
    sessions,
)
from liveshop.edge.http.endpoint import routes
from liveshop.edge.http.gate import Gate
from liveshop.edge.http.headers import SecureHeaders, SharedPaths
from liveshop.edge.http.health import health_routes
from liveshop.edge.http.key_uses import KeyUses
from liveshop.edge.http.known_keys import KnownKeys
from liveshop.edge.http.openapi import openapi_document
from liveshop.edge.http.operations import Operation, Services
from liveshop.edge.http.page_head import Heads
from liveshop.edge.http.pages import page_routes
from liveshop.edge.http.refusals import HANDLERS, confess
from liveshop.edge.http.throttle import Throttle
from liveshop.edge.tokens import Tokens
from liveshop.engine.engine import Engine
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.keys import Keys
from liveshop.stores.postgres.people import people_of
from liveshop.stores.postgres.stores import Stores

_KERNEL: Final = (
    *commands.OPERATIONS,
    *reservations.OPERATIONS,
    *orders.OPERATIONS,
    *payments.OPERATIONS,
    *keys.OPERATIONS,
    *revocations.OPERATIONS,
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the whole table: the kernel's operations, and those of the features."""
    found = [*products.OPERATIONS, *sessions.operations(vocabulary), *_KERNEL]
    for feature in vocabulary.features:
        found += feature.operations(vocabulary) if feature.operations else ()
    return tuple(found)


def build_app(settings: Settings, engine: Engine, database: Database) -> Starlette:
    """Return the application; the engine and the database have to run while it serves."""
    throttle = Throttle()
    vocabulary = engine.node.vocabulary
    stores = Stores(database, vocabulary)
    table = operations(vocabulary)
    services = Services(
        settings=settings,
        engine=engine,
        stores=stores,
        keys=KnownKeys(stores[Keys], throttle.now_ms),
        people=people_of(vocabulary, settings, stores),
        throttle=throttle,
    )
    access = engine.node.access
    tokens = Tokens.of(settings, engine.node.now_ms, access.revocations)
    clients = Clients(settings, engine.node.metrics)
    uses = KeyUses(stores[Keys], engine.start, engine.node.now_ms)
    gate = Gate(
        *(tokens, services.keys, throttle, clients, uses, engine.node.now_ms),
        *(access.require, access.require_held),
    )
    features = vocabulary.features
    finders = [each.head for each in features if each.head]
    makers = [each.routes for each in features if each.routes]
    app = Starlette(
        routes=[
            *routes(services, gate, table),
            _openapi_route(gate, table),
            *health_routes(engine),
            *chain.from_iterable(each(services, gate) for each in makers),
            *page_routes(Heads(services, gate, finders)),
        ],
        middleware=[
            Middleware(SecureHeaders, settings),
            Middleware(SharedPaths, settings.origins),
            # Inside the others, so that a bug is answered with their headers too.
            Middleware(ServerErrorMiddleware, handler=confess),
        ],
        exception_handlers=dict(HANDLERS),
    )
    app.router.redirect_slashes = False
    return app


def _openapi_route(gate: Gate, table: Sequence[Operation]) -> Route:
    document = encode_one(openapi_document(table))

    async def openapi(request: Request) -> Response:
        gate.admit_anyone(request)
        return Response(document, media_type="application/json")

    return Route("/api/openapi.json", openapi)
