"""Traces of purchases reach a collector, and cost nothing where nobody asked for them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from liveshop.cli.serve import serve
from liveshop.cli.traces import traces
from liveshop.core.settings import Settings
from liveshop.engine.tracing import PurchaseTrace, Stage
from tests.engine.world import open_shop
from tests.waiting import until


@contextmanager
def _collector() -> Iterator[tuple[str, list[Any]]]:
    """Run a collector; give its address and the spans that it has got."""
    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
        finally:
            server.shutdown()
            thread.join()


def test_a_purchase_is_a_span_with_a_part_for_each_stage() -> None:
    stages = [Stage("wait for reserve", 10.0, 10.25), Stage("reserve", 10.25, 11.0)]
    with _collector() as (url, spans):
        with traces(url) as trace:
            assert trace is not None
            trace(PurchaseTrace("s1", "rid-1", "busy", stages))
        whole = next(span for span in spans if span.name == "purchase")
        parts = [span for span in spans if span.parent_span_id == whole.span_id]
    told = {each.key: each.value.string_value for each in whole.attributes}
    assert told == {
        "liveshop.session": "s1",
        "liveshop.rid": "rid-1",
        "liveshop.outcome": "busy",
    }
    assert whole.status.message == "busy"
    lengths = {span.name: span.end_time_unix_nano - span.start_time_unix_nano for span in spans}
    assert lengths == {
        "purchase": 1_000_000_000,
        "wait for reserve": 250_000_000,
        "reserve": 750_000_000,
    }
    assert len(parts) == 2
    assert {span.trace_id for span in parts} == {whole.trace_id}


async def test_what_was_bought_and_what_was_refused_are_told_of_once(
    redis_url: str, postgres_url: str
) -> None:
    told: list[PurchaseTrace] = []
    async with open_shop(redis_url, postgres_url, trace=told.append) as shop:
        session_id = await shop.live(OBS_M=1)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "ada")
        bought = shop.buy(ada, "OBS-M")
        await ada.sees("confirmed")
        refused = shop.buy(ada, "OBS-M")
        await ada.sees("error")
        await until(lambda: len(told) >= 2)
    assert [(each.session_id, each.rid, each.outcome) for each in told] == [
        (session_id, bought, "confirmed"),
        (session_id, refused, "sold_out"),
    ]
    names = ["wait for reserve", "reserve", "wait for commit", "commit"]
    assert [stage.name for stage in told[0].stages] == names
    assert [stage.name for stage in told[1].stages] == names[:2]
    for each in told:
        instants = [moment for stage in each.stages for moment in (stage.began_s, stage.ended_s)]
        assert instants == sorted(instants)


def test_without_the_setting_nothing_of_it_is_loaded() -> None:
    program = (
        "import sys, liveshop.cli.commands as commands; "
        "from liveshop.cli.traces import traces; "
        "given = traces('').__enter__(); "
        "print(given, [name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (told.stdout, told.returncode) == ("None []\n", 0)
    assert Settings().traces_url == ""


def test_a_server_that_lacks_the_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    environment = {"LIVESHOP_SECRET": "s" * 32, "LIVESHOP_TRACES_URL": "http://127.0.0.1:4318"}
    result = CliRunner().invoke(serve, [], env=environment)
    assert result.exit_code == 1
    assert "pip install 'liveshop[otel]'" in result.output
