"""TLS ends at nginx or HAProxy as `deploy/` has them; all else behind it stays as it is."""

import http.server
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from liveshop.cli.subprocesses import free_port
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from liveshop.features.catalogue_import.limits import CSV_BYTES_MAX
from liveshop.features.rehearsal.limits import REHEARSAL_BYTES_MAX
from tests.certificates import Certificate, make_certificate
from tests.cli.programs import SECRET, is_ready, program, serving
from tests.client import connected
from tests.topology.programs import Balancer, ProgramMissing
from tests.waiting import wait_until

_BALANCERS: Final = ("nginx", "haproxy")
_IMPORT: Final = "/api/products/import"
_HEAD: Final = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty,Remark\n"


@dataclass(frozen=True)
class Front:
    """A balancer that ends TLS, and clients of it."""

    balancer: Balancer
    certificate: Certificate
    anyone: httpx.Client
    plain: httpx.Client


@contextmanager
def _front(name: str, folder: Path, nodes: list[str]) -> Iterator[Front]:
    try:
        certificate = make_certificate(folder)
        balancer = Balancer(name, folder, certificate)
    except ProgramMissing as missing:
        pytest.fail(str(missing), pytrace=False)
    tls = certificate.client_context()
    try:
        balancer.start(nodes)
        with (
            httpx.Client(base_url=balancer.url, verify=tls, trust_env=False, timeout=60) as anyone,
            httpx.Client(base_url=balancer.plain_url, trust_env=False) as plain,
        ):
            yield Front(balancer, certificate, anyone, plain)
    finally:
        balancer.stop()


@pytest.fixture(params=_BALANCERS)
def front(
    request: pytest.FixtureRequest, redis_url: str, postgres_url: str, tmp_path: Path
) -> Iterator[Front]:
    """A balancer of each kind before a node."""
    port = free_port()
    node = f"http://127.0.0.1:{port}"
    environment = serving(redis_url, postgres_url, port) | {"LIVESHOP_TRUSTED_PROXIES": "127.0.0.1"}
    with program("serve", environment=environment):
        wait_until(lambda: is_ready(node))
        with _front(request.param, tmp_path, [node, node]) as front:
            wait_until(lambda: front.anyone.get("/healthz").status_code == 200)
            yield front


def _token(role: Role) -> str:
    return make_token(SECRET, viewer_id=str(role), role=role, ttl_s=600)


def _bearer(role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {_token(role)}"}


@pytest.mark.parametrize("name", _BALANCERS)
@pytest.mark.parametrize("tls", [True, False])
def test_the_configuration_passes_the_programs_own_check(
    name: str, tls: bool, tmp_path: Path
) -> None:
    nodes = [f"http://127.0.0.1:{port}" for port in (1, 2)]
    certificate = make_certificate(tmp_path) if tls else None
    code, said = Balancer(name, tmp_path, certificate).checked(nodes)
    assert code == 0, said
    assert not re.search("warn|alert|emerg", said, re.IGNORECASE), said


def test_pages_come_over_tls_and_tell_browsers_once_to_keep_to_it(front: Front) -> None:
    for path in ("/", "/watch/s1", "/liveshop.js", "/api/products", "/nowhere"):
        answer = front.anyone.get(path)
        assert answer.headers.get_list("strict-transport-security") == ["max-age=31536000"], path
    assert front.anyone.get("/metrics").status_code == 403


def test_the_word_of_a_client_about_tls_counts_for_nothing(front: Front) -> None:
    answer = front.anyone.get("/", headers={"X-Forwarded-Proto": "http"})
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_plain_http_is_sent_on_to_tls_but_for_programs_which_are_refused(front: Front) -> None:
    live = {"Host": "live.example"}
    for path in ("/watch/s1?a=b%20c", "/", "/metrics"):
        answer = front.plain.get(path, headers=live)
        assert (answer.status_code, answer.headers["location"]) == (
            308,
            f"https://live.example{path}",
        )
        assert "strict-transport-security" not in answer.headers
    for path in ("/api/products", "/api/products/import", "/ws/sessions/s1"):
        answer = front.plain.post(path, headers=live | _bearer(Role.HOST))
        assert answer.status_code == 403, path
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("version", "taken"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
@pytest.mark.parametrize("name", _BALANCERS)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_is_1_2_or_newer(
    name: str, version: ssl.TLSVersion, taken: bool, tmp_path: Path
) -> None:
    with _front(name, tmp_path, [f"http://127.0.0.1:{free_port()}"] * 2) as front:
        client = front.certificate.client_context()
        client.set_ciphers("ALL:@SECLEVEL=0")  # or OpenSSL offers no older version at all
        client.minimum_version = client.maximum_version = version
        with socket.create_connection(("127.0.0.1", front.balancer.port)) as connection:
            try:
                with client.wrap_socket(connection, server_hostname="127.0.0.1") as secured:
                    spoken = secured.version()
            except (ssl.SSLError, ConnectionError):
                spoken = None
    assert spoken == (version.name.replace("_", ".") if taken else None)


async def test_a_viewer_buys_over_wss(front: Front) -> None:
    host = _bearer(Role.HOST)
    variants = [{"sku": "S", "label": "S", "price": 500, "stock": 3}]
    made = {"product_id": "p", "title": "P", "variants": variants}
    assert front.anyone.post("/api/products", json=made, headers=host).status_code == 201
    session = front.anyone.post("/api/sessions", json={"title": "Show"}, headers=host).json()
    commands = f"/api/sessions/{session['id']}/commands"
    for command in (
        {"type": "product.add", "product_id": "p", "units": {"S": 3}},
        {"type": "session.start"},
    ):
        assert front.anyone.post(commands, json=command, headers=host).status_code == 200
    wss = front.balancer.url.replace("https", "wss", 1)
    tls = front.certificate.client_context()
    async with connected(wss, session["id"], origin=front.balancer.url, tls=tls) as viewer:
        await viewer.hello(_token(Role.VIEWER))
        rid = "6f4f5c53-6a34-4cb0-bd5c-3e3b1d9c2d5e"
        await viewer.send("buy", rid=rid, sku="S", quantity=1, price=500)
        confirmed = await viewer.wait_for_type("confirmed")
    assert confirmed["total"] == 500


def test_an_import_over_a_megabyte_is_taken_and_a_strangers_is_refused_at_once(
    front: Front,
) -> None:
    rows = [f"h{n},Hat,HAT{n},10.00,1,{'x' * 400_000}\n" for n in range(8)]
    file = (_HEAD + "".join(rows)).encode()
    csv = {"Content-Type": "text/csv"}
    assert front.anyone.post(_IMPORT, content=file, headers=csv).status_code == 401
    taken = front.anyone.post(_IMPORT, content=file, headers=csv | _bearer(Role.HOST))
    assert (taken.status_code, taken.json()["created"]) == (200, 8)


class _Counts(http.server.BaseHTTPRequestHandler):
    """A node that takes any body, and says how long it was."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        left = size = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        said = str(size).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def counting_node() -> Iterator[str]:
    """The address of a node that counts what it is sent."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Counts) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _passes(front: Front, path: str, size: int) -> bool:
    """Send a body of so many bytes; return whether the node was sent all of it."""

    def body() -> Iterator[bytes]:
        piece = bytes(1 << 20)
        for at in range(0, size, len(piece)):
            yield piece[: size - at]

    length = {"Content-Length": str(size)}
    try:
        answer = front.anyone.post(path, content=body(), headers=length)
    except httpx.WriteError:
        return False  # it was refused, and hung up, before all was sent
    assert (answer.status_code, answer.text) == (200, str(size)) or answer.status_code == 413
    return answer.status_code == 200


@pytest.mark.parametrize("name", _BALANCERS)
def test_the_largest_import_and_rehearsal_go_through_and_nothing_larger(
    name: str, counting_node: str, tmp_path: Path
) -> None:
    with _front(name, tmp_path, [counting_node] * 2) as front:
        wait_until(lambda: front.anyone.get("/joinable").status_code == 200)
        assert _passes(front, _IMPORT, CSV_BYTES_MAX)
        assert not _passes(front, _IMPORT, CSV_BYTES_MAX + 1)
        for path in ("/api/rehearsals", f"{_IMPORT}/more"):
            assert _passes(front, path, REHEARSAL_BYTES_MAX)
            assert not _passes(front, path, REHEARSAL_BYTES_MAX + 1)
