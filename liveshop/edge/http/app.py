"""The HTTP application: the table of the API, the pages, and what every answer carries."""

from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from liveshop.core.settings import Settings
from liveshop.core.wire import encode_one
from liveshop.edge.clients import Clients
from liveshop.edge.http import (
    figures,
    keys,
    orders,
    payments,
    products,
    rehearsal,
    reservations,
    sessions,
)
from liveshop.edge.http.endpoint import routes
from liveshop.edge.http.gate import Gate
from liveshop.edge.http.headers import SecureHeaders, SharedPaths
from liveshop.edge.http.health import health_routes
from liveshop.edge.http.known_keys import KnownKeys
from liveshop.edge.http.openapi import openapi_document
from liveshop.edge.http.operations import Services
from liveshop.edge.http.pages import page_routes
from liveshop.edge.http.refusals import HANDLERS, confess
from liveshop.edge.http.throttle import RehearsalTurns, Throttle
from liveshop.edge.tokens import Tokens
from liveshop.engine.engine import Engine
from liveshop.stores.postgres.catalogue import Catalogue
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.importer import Imports
from liveshop.stores.postgres.keys import Keys
from liveshop.stores.postgres.stores import Stores

OPERATIONS: Final = (
    *products.OPERATIONS,
    *sessions.OPERATIONS,
    *figures.OPERATIONS,
    *rehearsal.OPERATIONS,
    *reservations.OPERATIONS,
    *orders.OPERATIONS,
    *payments.OPERATIONS,
    *keys.OPERATIONS,
)


def build_app(settings: Settings, engine: Engine, database: Database) -> Starlette:
    """Return the application; the engine and the database have to run while it serves."""
    throttle = Throttle()
    stores = Stores(database)
    services = Services(
        settings=settings,
        engine=engine,
        stores=stores,
        imports=Imports(stores[Catalogue], settings.currency),
        keys=KnownKeys(stores[Keys], throttle.now_ms),
        throttle=throttle,
        rehearsals=RehearsalTurns(),
    )
    tokens = Tokens.of(settings, engine.node.now_ms)
    clients = Clients(settings, engine.node.metrics)
    gate = Gate(tokens, services.keys, throttle, clients)
    app = Starlette(
        routes=[
            *routes(services, gate, OPERATIONS),
            _openapi_route(),
            *health_routes(engine),
            *page_routes(),
        ],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(SharedPaths, settings.origins),
            # Inside the others, so that a bug is answered with their headers too.
            Middleware(ServerErrorMiddleware, handler=confess),
        ],
        exception_handlers=dict(HANDLERS),
    )
    app.router.redirect_slashes = False
    return app


def _openapi_route() -> Route:
    document = encode_one(openapi_document(OPERATIONS))

    async def openapi(request: Request) -> Response:
        return Response(document, media_type="application/json")

    return Route("/api/openapi.json", openapi)
