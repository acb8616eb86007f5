"""Traces of purchases by OpenTelemetry, to a collector; of the extra `otel`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from liveshop.engine.tracing import PurchaseTrace, Trace

_PACKAGE: Final = "opentelemetry"
# A collector that does not answer must not keep a node from ending.
_SEND_S_MAX: Final = 3
# The outcomes that are not the buyer's doing.
_OURS: Final = frozenset(("busy", "unavailable", "internal"))


class TracesMissing(Exception):
    """The packages of the extra are not installed; the message says how to."""


def require_traces(url: str) -> None:
    """Raise TracesMissing if there is a collector to tell, and nothing to tell it with."""
    if url and find_spec(_PACKAGE) is None:
        raise TracesMissing(
            f"LIVESHOP_TRACES_URL needs {_PACKAGE}, which is not installed: "
            "pip install 'liveshop[otel]'"
        )


@contextmanager
def traces(url: str) -> Iterator[Trace | None]:
    """Give what tells a collector at `url` of purchases, None if there is no `url`.

    Spans that still wait are sent at the end.
    """
    if not url:
        yield None
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "liveshop"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=_SEND_S_MAX))
    )
    try:
        yield _teller(provider.get_tracer("liveshop"))
    finally:
        provider.shutdown()


def _teller(tracer: object) -> Trace:
    from opentelemetry.trace import Status, StatusCode, Tracer, set_span_in_context

    assert isinstance(tracer, Tracer), "a provider gives tracers"
    ahead_ns = time.time_ns() - time.perf_counter_ns()

    def at_ns(moment_s: float) -> int:
        return ahead_ns + int(moment_s * 1e9)

    def tell(purchase: PurchaseTrace) -> None:
        stages = purchase.stages
        whole = tracer.start_span(
            "purchase",
            start_time=at_ns(stages[0].began_s),
            attributes={
                "liveshop.session": purchase.session_id,
                "liveshop.rid": purchase.rid,
                "liveshop.outcome": purchase.outcome,
            },
        )
        if purchase.outcome in _OURS:
            whole.set_status(Status(StatusCode.ERROR, purchase.outcome))
        context = set_span_in_context(whole)
        for stage in stages:
            part = tracer.start_span(stage.name, context=context, start_time=at_ns(stage.began_s))
            part.end(at_ns(stage.ended_s))
        whole.end(at_ns(stages[-1].ended_s))

    return tell
