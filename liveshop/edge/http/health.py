"""Whether this node lives, can serve and may be sent viewers, and what it counts."""

from dataclasses import asdict
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from liveshop.core.errors import Unavailable
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


def health_routes(engine: Engine) -> list[Route]:
    """Return what a load balancer and Prometheus ask for."""

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
        text = generate_latest(engine.node.metrics.exposed())
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/joinable", joinable),
        Route("/metrics", metrics),
    ]
