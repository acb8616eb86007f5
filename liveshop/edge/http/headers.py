"""Headers that every answer carries, and who may read answers from another site."""

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liveshop.core.errors import BadRequest
from liveshop.core.limits import LIST_FIELD_BYTES_MAX
from liveshop.core.origins import is_allowed
from liveshop.core.settings import Settings
from liveshop.edge.addresses import speaks_tls
from liveshop.edge.http.refusals import refusal
from liveshop.edge.http.throttle import RATE_HEADERS


def _policy(connect: str) -> str:
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: http: https:",
            "media-src 'self' blob: http: https:",
            f"connect-src {connect}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


# Pictures and video come from the merchant's own hosts; scripts and styles only from here.
CONTENT_SECURITY_POLICY: Final = _policy("'self'")
# Where a stream is played, a script reads its pieces, which lie on the merchant's hosts too.
STREAM_POLICY: Final = _policy("'self' http: https:")
_ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # An address may hold a token for a moment: it goes to nobody else.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_ALWAYS_WRITTEN: Final = tuple(
    (name.lower().encode(), value.encode()) for name, value in _ALWAYS.items()
)
# The client module loads its other half from /pages/ and /features/.
_SHARED_PATHS: Final = ("/api/", "/liveshop.js", "/pages/", "/features/")


class SecureHeaders:
    """Middleware that adds the security headers, and keeps answers out of caches.

    A header that a response sets itself, such as Cache-Control, is kept. To a client that came by
    TLS, as a trusted proxy says, HSTS is sent; a browser takes it from no other answer (RFC 6797).
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._trusted = settings.trusted_proxies
        self._stay_on_tls = f"max-age={settings.hsts_max_age_s}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add headers to its answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                added = [header for header in _ALWAYS_WRITTEN if header[0] not in own]
                if self._trusted and self._came_by_tls(scope):
                    added.append((b"strict-transport-security", self._stay_on_tls))
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _came_by_tls(self, scope: Scope) -> bool:
        client = scope["client"]
        said = Headers(scope=scope).getlist("x-forwarded-proto")
        return speaks_tls(client[0] if client else "", said, self._trusted)


class SharedPaths:
    """Middleware that lets pages of given origins use the API and the client module."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._shared = _Cors(app, origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with CORS where the path is shared."""
        shared = scope["type"] == "http" and scope["path"].startswith(_SHARED_PATHS)
        await (self._shared if shared else self._app)(scope, receive, send)


class _Cors(CORSMiddleware):
    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "POST", "PUT", "DELETE"),
            allow_headers=("Authorization", "Idempotency-Key"),
            expose_headers=("Retry-After", *RATE_HEADERS),
        )
        self._origins = origins

    def is_allowed_origin(self, origin: str) -> bool:
        return is_allowed(origin, self._origins)

    def preflight_response(self, request_headers: Headers) -> Response:
        if len(request_headers.get("access-control-request-headers", "")) > LIST_FIELD_BYTES_MAX:
            # Of one name again and again, each item would be looked at.
            return _disallowed("Disallowed CORS headers")
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        return _disallowed(bytes(response.body).decode())


def _disallowed(message: str) -> Response:
    return refusal(BadRequest(message), headers={"Vary": "Origin"})
