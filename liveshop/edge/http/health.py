"""Whether this node lives, can serve and may be sent viewers, and what it counts."""

from collections.abc import Callable
from dataclasses import asdict
from time import monotonic
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from liveshop.core import limits
from liveshop.core.errors import Unavailable
from liveshop.core.rate import Bucket
from liveshop.edge.http.refusals import json_response
from liveshop.engine.engine import Engine

# A node answers these to load balancers and Prometheus, however many connections it has.
HEALTH_PATHS: Final = frozenset(("/healthz", "/readyz", "/joinable", "/metrics"))


class NotReady(Unavailable):
    """A store or the bus is away, or the node is stopping; the fields say which."""

    def __init__(self, **answers: bool) -> None:
        missing = ", ".join(name for name, answer in answers.items() if not answer)
        super().__init__(f"not ready: not {missing}")
        self.fields = answers


class Exposition:
    """The metrics as Prometheus reads them, written at most as often as `METRICS_RATE` says.

    They take milliseconds of the loop, and a node answers them without a limit.
    """

    def __init__(
        self, registry: Callable[[], CollectorRegistry], now_s: Callable[[], float] = monotonic
    ) -> None:
        self._registry = registry
        self._now_s = now_s
        self._writings = Bucket(*limits.METRICS_RATE, int(now_s() * 1000))
        self._text = b""

    def text(self) -> bytes:
        """Return the metrics of now; those written last if too many ask."""
        if not self._writings.take(int(self._now_s() * 1000)) or not self._text:
            self._text = generate_latest(self._registry())
        return self._text


def health_routes(engine: Engine) -> list[Route]:
    """Return what a load balancer and Prometheus ask for."""
    exposition = Exposition(engine.node.metrics.exposed)

    async def alive(request: Request) -> Response:
        return json_response({"status": "alive"})

    async def ready(request: Request) -> Response:
        health = engine.node.health
        answers = asdict(health)
        if not health.ready:
            raise NotReady(**answers)
        return json_response({"status": "ready", **answers})

    async def joinable(request: Request) -> Response:
        if not engine.node.joinable:
            raise NotReady(joinable=False)
        return json_response({"status": "joinable"})

    async def metrics(request: Request) -> Response:
        return Response(exposition.text(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/joinable", joinable),
        Route("/metrics", metrics),
    ]
