"""A contract with the libraries whose insides we use: every attribute, where, and why.

Anyone who raises an upper bound in `pyproject.toml` reads these again. asyncpg, anyio, httptools,
hiredis and uvloop are used as they are documented; uvloop's transports are asyncio's.
"""

import importlib.metadata
import re
import tomllib
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from tests.architecture.foreign import LIBRARIES, Use, has, ignored, private_imports, uses
from tests.architecture.sources import ROOT

_HTTP = "uvicorn.protocols.http.httptools_impl.HttpToolsProtocol"
_CYCLE = "uvicorn.protocols.http.httptools_impl.RequestResponseCycle"
_SERVER = "uvicorn.server.Server"
_STATE = "uvicorn.server.ServerState"
_WEBSOCKET = "websockets.server.ServerProtocol"
_READER = "websockets.streams.StreamReader"
_REDIS = "redis.asyncio.connection.Connection"
_INPUT = "liveshop/edge/http_protocol.py"
_NODE = "liveshop/edge/server.py"
_FRAMES = "liveshop/edge/websocket.py"
_VIEWER = "liveshop/edge/viewer_socket.py"
_HANDSHAKE = "liveshop/edge/handshake.py"
_STORES = "liveshop/stores/redis"
_IMPORT = "liveshop/features/catalogue_import"
_IMPORT = "liveshop/features/catalogue_import"


class Row(NamedTuple):
    """Attributes of a library's class that a file of ours relies on, and what would break."""

    holder: str
    attributes: tuple[str, ...]
    file: str
    why: str


CONTRACT = (
    Row(
        *(_HTTP, ("connection_made", "connection_lost", "data_received", "eof_received"), _INPUT),
        "connections are counted, timed and refused there, around what uvicorn does; its own "
        "reading is replaced, since it answers an upgrade before what came before it",
    ),
    Row(
        *(_HTTP, ("pause_writing", "resume_writing", "flow"), _INPUT),
        "a client that does not read its answer has a deadline of its own",
    ),
    Row(
        *(_HTTP, ("on_message_begin", "on_headers_complete", "on_body", "on_message_complete")),
        *(_INPUT, "httptools calls them by name: between them heads and bodies are timed"),
    ),
    Row(
        *(_HTTP, ("_should_upgrade", "connections", "url", "ws_protocol_class"), _INPUT),
        "the connection becomes a viewer's: the head is handed over as it was parsed, with the "
        "transport, and it is no HTTP connection from then on",
    ),
    Row(
        *(_HTTP, ("parser",), _INPUT),
        "it refers back to the protocol; deleted after an upgrade, so that no circle is left",
    ),
    Row(*(_HTTP, ("client",), _INPUT), "the peer, set before `connection_made` returns"),
    Row(
        *(_HTTP, ("cycle", "pipeline", "headers", "scope"), _INPUT),
        "which requests are under way, and whether the connection stays after each",
    ),
    Row(
        *(_HTTP, ("_start_asgi_task", "on_response_complete", "shutdown"), _INPUT),
        "where an answer begins, ends, and is the last: deadlines change there",
    ),
    Row(
        *(_HTTP, ("_unset_keepalive_if_required",), _INPUT),
        "uvicorn's own timer is never left running: any byte would stop it",
    ),
    Row(
        *(_CYCLE, ("keep_alive", "more_body", "message_event", "disconnected", "scope"), _INPUT),
        "an answer before its request is whole ends the connection, and a faulty body its request",
    ),
    Row(
        *(_CYCLE, ("response_started", "response_complete"), _INPUT),
        "whether a refusal may still be written, and the next request begun",
    ),
    Row(
        *("uvicorn.protocols.http.flow_control.FlowControl", ("write_paused",), _INPUT),
        "whether an answer waits for its reader",
    ),
    Row(*(_HTTP, ("transport",), _NODE), "connections are cut if a node is told twice to stop"),
    Row(
        *(_SERVER, ("serve", "shutdown"), _NODE),
        "viewers are sent away before uvicorn waits for its connections",
    ),
    Row(
        *(_SERVER, ("capture_signals", "handle_exit", "should_exit", "force_exit"), _NODE),
        "uvicorn raises a signal again once it has stopped, and nothing after that would run",
    ),
    Row(
        *(_SERVER, ("servers",), _NODE),
        "listeners are closed first; it is set by `serve`, and read after a failure before that",
    ),
    Row(*(_SERVER, ("server_state",), _NODE), "what is under way when a node is told to hurry"),
    Row(*(_SERVER, ("config",), _NODE), "holds the time that is left for requests"),
    Row(*(_STATE, ("tasks", "connections"), _NODE), "what is cancelled and cut then"),
    Row(
        *("uvicorn.config.Config", ("timeout_graceful_shutdown",), _NODE),
        "read by uvicorn when it begins to stop, and set just before",
    ),
    Row(
        *("starlette.middleware.cors.CORSMiddleware", ("preflight_response", "is_allowed_origin")),
        *("liveshop/edge/http/headers.py", "preflights in the protocol's shape; stars in origins"),
    ),
    Row(
        *(_WEBSOCKET, ("accept", "extensions"), _HANDSHAKE),
        "one handshake of each kind is negotiated, and its response used for all of them",
    ),
    Row(
        *(_WEBSOCKET, ("parse", "parser", "reader", "current_size"), _FRAMES),
        "the parser is made again with a reader that shows what has come of a frame, and is idle "
        "while no frame and no message is begun",
    ),
    Row(
        *(_WEBSOCKET, ("recv_frame", "events"), _FRAMES),
        "pings are answered by the caller, and a close may come amid the fragments of a message",
    ),
    Row(
        *(_WEBSOCKET, ("state", "extensions"), _FRAMES),
        "one protocol serves many connections in turn, so it starts open, with the extensions of "
        "whom it serves",
    ),
    Row(
        *(_WEBSOCKET, ("select_subprotocol",), _FRAMES),
        "a client that offers no subprotocol is as welcome",
    ),
    Row(
        *(_WEBSOCKET, ("parser_exc", "handshake_exc"), _FRAMES),
        "their tracebacks refer back to the protocol; cleared, so that no circle is left",
    ),
    Row(
        *(_WEBSOCKET, ("receive_data", "events_received", "data_to_send", "state"), _VIEWER),
        "the protocol without I/O, as it is documented",
    ),
    Row(
        *(_WEBSOCKET, ("send_close", "fail"), _VIEWER),
        "how a connection ends",
    ),
    Row(
        *(_WEBSOCKET, ("close_sent", "close_rcvd_then_sent"), _FRAMES),
        "by whose close a connection has ended",
    ),
    Row(
        *(_READER, ("at_eof", "read_exact", "buffer"), _FRAMES),
        "what the parser asks for, part by part of a frame: what is there of the last can be seen",
    ),
    Row(
        "websockets.extensions.permessage_deflate.ServerPerMessageDeflateFactory",
        *(("process_request_params",), _FRAMES),
        "a client that cannot hold the full window is declined",
    ),
    Row(
        *(_REDIS, ("host",), f"{_STORES}/cluster.py"),
        "a cluster's answer leaves out the host of the server that was asked",
    ),
    Row(
        *(_REDIS, ("host", "port"), f"{_STORES}/opening.py"),
        "which primary was connected to, to be compared with the one that Sentinels name",
    ),
    Row(
        *(_REDIS, ("connect", "disconnect", "send_command"), f"{_STORES}/opening.py"),
        "a connection of its own task, without redis-py's client",
    ),
    Row(
        *(_REDIS, ("_writer",), f"{_STORES}/opening.py"),
        "redis-py writes lists, which asyncio of Python 3.12 never finishes if they are empty, "
        "and closes only once a hung server has read everything",
    ),
    *(
        Row(_REDIS, ("read_response",), f"{_STORES}/{name}.py", "replies are read by one task")
        for name in ("bus", "link", "opening")
    ),
    Row(*(_REDIS, ("pack_command",), f"{_STORES}/bus.py"), "several commands leave in one write"),
)

# The errors that type checking ignores in the package, by file and rule, and why.
IGNORED = {
    ("liveshop/edge/http_protocol.py", "arg-type"): "our transport has what uvicorn calls of one",
    ("liveshop/engine/metrics.py", "no-untyped-call"): "prometheus_client's multiprocess has none",
    ("liveshop/stores/postgres/database.py", "no-any-return"): "asyncpg has no types",
    (f"{_IMPORT}/store_process.py", "attr-defined"): "BinaryIO names no read1",
    (f"{_STORES}/link.py", "arg-type"): "hiredis' stub takes a tuple of one for any",
    (f"{_STORES}/opening.py", "no-untyped-call"): "redis-py's connect has none",
}

_LISTED = {Use(row.holder, each, row.file) for row in CONTRACT for each in row.attributes}
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_REQUIRED = {each.name: each for each in map(Requirement, _PROJECT["dependencies"])}


@pytest.mark.parametrize("row", CONTRACT, ids=lambda row: f"{row.holder} {row.file}")
def test_the_installed_version_has_what_we_use_of_its_insides(row: Row) -> None:
    assert [each for each in row.attributes if not has(row.holder, each)] == []


def test_every_use_of_the_insides_of_a_library_is_in_the_contract() -> None:
    missing = sorted(uses() - _LISTED)
    assert missing == [], "add each to a row of CONTRACT, with what would break without it"


def test_nothing_is_in_the_contract_that_is_not_used() -> None:
    assert sorted(_LISTED - uses()) == []
    assert len(_LISTED) == sum(len(row.attributes) for row in CONTRACT), "a row is there twice"


def test_nothing_private_is_imported() -> None:
    assert private_imports() == set()


def test_what_type_checking_ignores_is_known_and_has_a_reason() -> None:
    assert ignored() == set(IGNORED)


@pytest.mark.parametrize("library", ["uvicorn", "websockets", "redis", "starlette", "httptools"])
def test_a_library_whose_insides_we_use_has_an_upper_bound(library: str) -> None:
    bounds = [each for each in _REQUIRED[library].specifier if each.operator == "<"]
    assert len(bounds) == 1, _REQUIRED[library]


def test_every_library_in_the_contract_has_an_upper_bound() -> None:
    used = {row.holder.partition(".")[0] for row in CONTRACT}
    assert used <= set(LIBRARIES)
    unbounded = [name for name in used if "<" not in str(_REQUIRED[name].specifier)]
    assert unbounded == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-runtime.lock"])
def test_the_locked_and_the_installed_versions_are_those_that_the_project_takes(lock: str) -> None:
    pins = re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
    locked = dict(pins)
    refused = [
        str(each)
        for name, each in _REQUIRED.items()
        if locked[name] not in each.specifier
        or importlib.metadata.version(name) not in each.specifier
    ]
    assert refused == []
