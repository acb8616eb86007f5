"""The documents say what the code does: every public name has its line, every example decodes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from liveshop.cli.commands import main
from liveshop.core import limits, messages, wire
from liveshop.core.close_codes import CloseCode
from liveshop.core.errors import LiveshopError
from liveshop.core.failpoint import Failpoint
from liveshop.core.roles import Identity, Role
from liveshop.core.settings import SETTINGS
from liveshop.edge.http import session_records
from liveshop.edge.http.app import operations
from liveshop.edge.http.base_records import Problem
from liveshop.engine.metrics import Metrics
from liveshop.features.rehearsal import http_records as rehearsal_records
from liveshop.features.rehearsal.limits import REHEARSAL_RATE
from liveshop.features.rehearsal.rules import rehearse
from liveshop.stores.audit.findings import CHECKS
from tests.every_feature import WHOLE
from tests.worker.of_all import worker_registry

_ROOT = Path(__file__).parents[2]
_DOCS = _ROOT / "docs"
_PROTOCOL = (_DOCS / "protocol.md").read_text()
_EXAMPLE = re.compile(r"^```json (?P<kind>.+?)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_EXAMPLES = [(match["kind"], match["text"]) for match in _EXAMPLE.finditer(_PROTOCOL)]
_PAGES = [_ROOT / "README.md", *sorted(_DOCS.glob("*.md"))]
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
# Every record of HTTP by its name, those of a node's features among them.
_RECORDS = {
    record.__name__: record
    for each in operations(WHOLE)
    for record in (each.body, each.reads, *each.answers.values())
    if hasattr(record, "__name__")
} | {"Problem": Problem}
_COMMANDS = {kind.__struct_config__.tag for kind in WHOLE.commands}
_EVENTS = {kind.__struct_config__.tag for kind in WHOLE.events}
# Messages that are neither commands nor events, as core.messages and core.snapshot make them.
_OTHERS = {
    *("welcome", "session", "ok", "error", "time", "moved", "pulse", "chat"),
    *("reserved", "confirmed", "checkout", "released", "expired", "refused", "cancelled"),
    *("order", "stats", "session.stream", "viewer.muted", "viewer.banned", "voted"),
    *("taken", "spent", "priced"),
}


def _examples(kind: str) -> list[str]:
    return [text for found, text in _EXAMPLES if found == kind]


def _server_messages() -> list[dict[str, Any]]:
    return [message for text in _examples("server") for message in json.loads(text)]


def _first_cells(path: Path) -> set[str]:
    """Return the names in backquotes in the first cell of a table's rows."""
    cells = re.findall(r"^\| ([^|]+?) \|", path.read_text(), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("text", _examples("client"))
def test_a_client_example_is_a_command(text: str) -> None:
    message = wire.decode_object(text)
    assert WHOLE.command(message).__struct_config__.tag == message["type"]


@pytest.mark.parametrize("text", _examples("server"))
def test_a_server_example_is_an_array_of_messages(text: str) -> None:
    messages = json.loads(text)
    assert isinstance(messages, list)
    for message in messages:
        if message["type"] in _EVENTS:
            assert wire.event_message(WHOLE.event(message)) == message
        else:
            assert message["type"] in _OTHERS


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, text in _EXAMPLES if " " in kind]
)
def test_an_http_example_is_the_record_that_it_names(kind: str, text: str) -> None:
    direction, name = kind.split()
    assert direction in ("body", "answer")
    wire.decode_body(text.encode(), _RECORDS[name])


def test_the_session_example_is_what_the_api_calls_a_session() -> None:
    (session,) = [message for message in _server_messages() if message["type"] == "session"]
    view = session_records.session_view(WHOLE)
    wire.decode_as(session, view)
    always = [field.name for field in structs.fields(view) if field.required]
    assert list(session)[:-1] == ["type", *always]


def test_the_rehearsal_that_is_answered_is_the_one_that_was_asked_for() -> None:
    asked = wire.decode_body(
        _examples("body Rehearse")[0].encode(), rehearsal_records.rehearse(WHOLE)
    )
    answer = wire.decode_object(_examples("answer RehearsedStep")[0])
    assert asked.viewer is not None
    step = rehearse(
        asked.state,
        asked.command,
        Identity(asked.viewer.id, asked.viewer.name, Role.VIEWER),
        vocabulary=WHOLE,
        now_ms=answer["state"]["session"]["now_ms"],
        catalogue_currency="EUR",
    )
    assert step.order is not None
    events = [wire.event_message(event) for event in step.events]
    order = messages.order_fields(step.order)
    told = {"events": events, "order": order, "state": step.state}
    assert wire.decode_object(wire.encode_one(told)) == answer


def test_every_command_has_an_example_and_a_line() -> None:
    shown = {json.loads(text)["type"] for text in _examples("client")}
    assert shown == _COMMANDS
    assert _first_cells(_DOCS / "protocol.md") >= _COMMANDS


def test_every_event_and_message_has_an_example_and_every_event_a_line() -> None:
    assert {message["type"] for message in _server_messages()} == _EVENTS | _OTHERS
    assert _first_cells(_DOCS / "protocol.md") >= _EVENTS


def test_every_error_code_has_a_line_with_its_status() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", _PROTOCOL, re.MULTILINE))
    assert rows == {error.code: str(error.status) for error in _descendants(LiveshopError)}


def test_every_close_code_has_a_line() -> None:
    section = _PROTOCOL.split("## Close codes")[1].split("## Tokens")[0]
    assert {int(code) for code in re.findall(r"\b[14]\d{3}\b", section)} >= set(CloseCode)
    ours = {int(code) for code in re.findall(r"^\| (\d{4}) \|", section, re.MULTILINE)}
    assert ours == {code for code in CloseCode if code >= 4000}


def test_every_http_operation_has_a_line() -> None:
    lines = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /api[^`]*)`", _PROTOCOL))
    table = operations(WHOLE)
    named = {f"{each.method} {each.path.replace(':path', '')}" for each in table}
    assert lines == named | {"GET /api/openapi.json"}


def test_the_rates_are_those_of_the_code() -> None:
    names = ("COMMANDS", "CHAT", "PURCHASE", "HOST_COMMANDS")
    http = ("HTTP_ANONYMOUS", "HTTP_VIEWER", "HTTP_HOST", "HTTP_KEY", "GUESSES")
    words = " ".join(_PROTOCOL.split())
    rates = [getattr(limits, f"{name}_RATE") for name in (*names, *http)]
    for rate, burst in (*rates, REHEARSAL_RATE):
        assert f" {rate:,} ({burst:,}) " in words


def test_the_settings_are_those_of_the_code_with_their_defaults() -> None:
    text = (_DOCS / "settings.md").read_text()
    rows = re.findall(r"^\| `(LIVESHOP_\w+)` \| ([^|]+) \| ([^|]*) \|", text, re.MULTILINE)
    documented = [(name, kind.strip(), default.strip(" `")) for name, kind, default in rows]
    assert documented == [(each.name, each.kind, each.default) for each in SETTINGS]


def test_the_failpoints_are_those_of_the_code() -> None:
    text = (_DOCS / "settings.md").read_text()
    named = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    assert named == list(Failpoint)


def test_every_check_of_the_audit_has_a_line() -> None:
    section = (_DOCS / "operations.md").read_text().split("## The auditor")[1]
    named = re.findall(r"^\| `([a-z_]+)` \|", section.split("\n## ")[0], re.MULTILINE)
    files = [each.audit for each in WHOLE.features if each.audit]
    of_features = [name for file in files for name in file.checks]
    # In a tree without some of them, features stand in another order.
    assert named[: len(CHECKS)] == [*CHECKS]
    assert sorted(named[len(CHECKS) :]) == sorted(of_features)


def test_every_subcommand_has_a_line() -> None:
    named = {" ".join(name.split()[:2]) for name in _first_cells(_DOCS / "operations.md")}
    assert named >= {f"liveshop {name}" for name in main.commands}


def test_the_metrics_are_those_of_the_code() -> None:
    named = {name for name in _first_cells(_DOCS / "operations.md") if "liveshop_" in name}
    families = [*Metrics(WHOLE.metrics).registry.collect(), *worker_registry().collect()]
    assert named == {
        f"{family.name}_total" if family.type == "counter" else family.name for family in families
    }


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.name))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = page if path == "" else (page.parent / path).resolve()
        assert file.exists(), target
        if anchor:
            assert anchor in _anchors(file), target


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _descendants(kind: type[LiveshopError]) -> set[type[LiveshopError]]:
    """The errors that clients may be told of; each is reported as the code of its class."""
    direct = {each for each in kind.__subclasses__() if each.__module__ == kind.__module__}
    return direct.union(*(_descendants(each) for each in direct))


def test_a_close_code_that_is_never_sent_is_said_to_be_kept_for_later() -> None:
    sources = "".join(path.read_text() for path in (_ROOT / "liveshop").rglob("*.py"))
    unused = {int(code) for code in CloseCode if f"CloseCode.{code.name}" not in sources}
    rows = re.findall(r"^\| (\d{4}) \| .*kept for later", _PROTOCOL, re.MULTILINE)
    assert {int(code) for code in rows} == {code for code in unused if code >= 4000}
