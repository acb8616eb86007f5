"""No request goes to a forbidden address, whatever a URL, a name server or an answer says."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path

import anyio
import pytest

from liveshop.core.egress import Network, flaw_of_url, why_forbidden
from liveshop.worker.egress import Answer, Egress, NoAnswer
from liveshop.worker.network import resolve
from tests.certificates import make_certificate
from tests.worker.dns import Names, names

_HERE: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)
_LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", "this machine"),
        ("127.8.8.8", "this machine"),
        ("0.0.0.0", "this machine"),
        ("::1", "this machine"),
        ("::", "this machine"),
        ("::ffff:127.0.0.1", "this machine"),
        ("::7f00:1", "this machine"),
        ("64:ff9b::7f00:1", "this machine"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::a00:1", "private"),
        ("fd00::1", "private"),
        ("169.254.169.254", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("100.64.0.1", "shared by carriers"),
        ("224.0.0.1", "multicast or broadcast"),
        ("255.255.255.255", "multicast or broadcast"),
        ("ff02::1", "multicast or broadcast"),
        ("192.0.0.1", "reserved"),
        ("198.18.0.1", "reserved"),
        ("203.0.113.9", "reserved"),
        ("240.0.0.1", "reserved"),
        ("2001::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("2002:7f00:1::", "reserved"),
        ("64:ff9b:1::7f00:1", "reserved"),
        ("168.63.129.16", "a cloud's own"),
        ("::ffff:0:7f00:1", "reserved"),
        ("4000::1", "reserved"),
        ("8.8.8.8", None),
        ("172.32.0.1", None),
        ("100.128.0.1", None),
        ("2606:4700::1111", None),
        ("64:ff9b::808:808", None),
        ("::ffff:8.8.8.8", None),
    ],
)
def test_an_address_is_judged_by_where_a_connection_would_end(
    address: str, words: str | None
) -> None:
    assert why_forbidden(ip_address(address), ()) == words


def test_an_operator_opens_networks_and_no_others() -> None:
    opened: tuple[Network, ...] = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00::1"):
        assert why_forbidden(ip_address(address), opened) is None
    for address in ("192.168.0.1", "169.254.169.254", "fe80::1", "::1"):
        assert why_forbidden(ip_address(address), opened) is not None


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("https://erp.shop.example/hook?a=b", None),
        ("https://8.8.8.8:8443/", None),
        ("http://erp.shop.example/", "it must start with https://"),
        ("ftp://erp.shop.example/", "it must start with https:// and a host"),
        ("https:///hook", "it must start with https:// and a host"),
        ("erp.shop.example", "it must start with https:// and a host"),
        ("https://8.8.8.8@127.0.0.1/", "it must have no user name"),
        ("https://user:pw@erp.shop.example/", "it must have no user name"),
        ("https://erp.shop.example/#a", "it must have no #"),
        ("https://erp.shop.example:25/", "its port must not be 25"),
        ("https://erp.shop.example:99999/", "it is no URL"),
        ("https://erp.shop.example/a b", "it must be a URL of up to 2000"),
        ("https://erp.shop.example\\@127.0.0.1/", "it must be a URL of up to 2000"),
        ("https://erp.shop.example/" + "a" * 2_000, "it must be a URL of up to 2000"),
        ("https://127.0.0.1/", "its address is this machine"),
        ("https://[::1]/", "its address is this machine"),
        ("https://localhost/", "its address is this machine"),
        ("https://10.0.0.7/", "its address is private"),
        ("https://169.254.169.254/latest/meta-data", "its address is link-local"),
        ("https://bücher.example/", "its host must be written in ASCII"),
        ("https://shop.example/bücher", "it must be written in ASCII"),
        ("https://shop_1.example/b%C3%BCcher", None),
        ("https://2130706433/", "its host must be a name"),
        ("https://0x7f.1/", "its host must be a name"),
        ("https://127.1/", "its host must be a name"),
        ("https://0177.0.0.1/", "its host must be a name"),
        ("https://shop.example./", "its host must be a name"),
        ("https://localhost./", "its host must be a name"),
        ("https://%31%32%37.0.0.1/", "its host must be a name"),
        ("https://a..example/", "its host must be a name"),
        ("https://-a.example/", "its host must be a name"),
        (f"https://{'a' * 64}.example/", "its host must be a name"),
        (f"https://{'a.' * 130}example/", "its host must be a name"),
        ("https://[2606:4700::1111%25eth0]/", "its host must be a name"),
        ("https://[::ffff:127.0.0.1]/", "its address is this machine"),
        ("https://[64:ff9b::7f00:1]/", "its address is this machine"),
        ("https://168.63.129.16/", "its address is a cloud's own"),
    ],
)
def test_a_url_is_refused_with_what_is_wrong_with_it(url: str, flaw: str | None) -> None:
    found = flaw_of_url(url, ())
    assert found is None if flaw is None else (found or "").startswith(flaw)


def test_http_is_for_networks_of_ones_own() -> None:
    opened: tuple[Network, ...] = (ip_network("10.0.0.0/8"),)
    assert flaw_of_url("http://10.0.0.7:8080/hook", opened) is None
    assert flaw_of_url("http://erp.internal/hook", opened) is None
    assert flaw_of_url("http://8.8.8.8/", opened) is not None
    assert flaw_of_url("https://192.168.0.1/", opened) == "its address is private"


class _Listener:
    """A server at one address, which counts who connects and answers with some bytes."""

    def __init__(self, answer: bytes = _OK) -> None:
        self.accepted, self.heads = 0, list[bytes]()
        self.answer, self.port = answer, 0
        self.drips = self.floods = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            await writer.drain()
            while self.floods:
                writer.write(self.answer * 1_000)
                await writer.drain()
            while self.drips:
                await asyncio.sleep(0.01)
                writer.write(b".")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _listening(
    host: str = "127.0.0.1",
    port: int = 0,
    answer: bytes = _OK,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[_Listener]:
    listener = _Listener(answer)
    server = await asyncio.start_server(listener.serve, host, port, ssl=context)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
    finally:
        server.close()


async def _said(egress: Egress, url: str) -> str:
    """Send a request that gets no answer; return why."""
    with pytest.raises(NoAnswer) as failed:
        await egress.post(url, {}, b"{}")
    return str(failed.value)


async def test_a_request_arrives_with_the_name_it_was_meant_for() -> None:
    async with _listening() as listener, names() as dns:
        dns.add("shop.example", ["127.0.0.1"])
        async with Egress(_HERE, resolver=dns.resolve) as egress:
            answer = await egress.post(
                f"http://shop.example:{listener.port}/hook?a=b", {"webhook-id": "evt_1"}, b"{}"
            )
    assert (answer.status, answer.body) == (200, b"ok")
    head = listener.heads[0].decode()
    assert head.startswith("POST /hook?a=b HTTP/1.1\r\n")
    assert f"Host: shop.example:{listener.port}\r\n" in head
    assert "webhook-id: evt_1\r\n" in head
    assert "Content-Length: 2\r\n" in head


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "017700000001", "127.1", "0", "[::1]"],
)
async def test_this_machine_is_not_called_however_its_address_is_written(host: str) -> None:
    async with _listening() as listener, Egress(resolver=resolve) as egress:
        for scheme in ("http", "https"):
            said = await _said(egress, f"{scheme}://{host}:{listener.port}/")
            assert said == "not called: its address is this machine"
    assert listener.accepted == 0


async def test_a_name_that_changes_between_two_answers_is_resolved_once() -> None:
    opened: tuple[Network, ...] = (ip_network("127.0.0.2"),)
    async with (
        _listening("127.0.0.2", answer=_LAST) as good,
        _listening("127.0.0.1", good.port, answer=_LAST) as forbidden,
        names() as dns,
    ):
        dns.add("rebinding.example", ["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"])
        async with Egress(opened, resolver=dns.resolve) as egress:
            url = f"http://rebinding.example:{good.port}/"
            assert (await egress.post(url, {}, b"{}")).status == 200
            assert dns.asked == ["rebinding.example"]
            # A later connection resolves it again, and is refused.
            said = await _said(egress, f"http://rebinding.example:{good.port}/")
            assert said == "not called: its address is this machine"
    assert (good.accepted, forbidden.accepted) == (1, 0)


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        (["127.0.0.2", "::1"], "this machine"),
        (["127.0.0.2", "10.0.0.1"], "private"),
        (["127.0.0.2", "64:ff9b::a9fe:a9fe"], "link-local"),
        (["8.8.8.8"], "http is for networks of your own"),
    ],
)
async def test_one_forbidden_address_among_others_is_enough(
    addresses: list[str], words: str
) -> None:
    opened: tuple[Network, ...] = (ip_network("127.0.0.2"),)
    async with _listening("127.0.0.2") as listener, names() as dns:
        dns.add("mixed.example", addresses)
        async with Egress(opened, resolver=dns.resolve) as egress:
            assert (await _said(egress, f"http://mixed.example:{listener.port}/")).endswith(words)
    assert listener.accepted == 0


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with _listening() as forbidden:
        place = f"http://127.0.0.1:{forbidden.port}/latest/meta-data"
        moved = f"HTTP/1.1 307 X\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
        async with _listening("127.0.0.2", answer=moved) as listener:
            async with Egress((ip_network("127.0.0.2"),)) as egress:
                answer = await egress.post(f"http://127.0.0.2:{listener.port}/", {}, b"{}")
    assert (answer.status, answer.headers["location"]) == (307, place)
    assert forbidden.accepted == 0


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _listening() as proxy, _listening() as listener:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Egress(_HERE) as egress:
            await egress.post(f"http://127.0.0.1:{listener.port}/", {}, b"{}")
    assert (proxy.accepted, listener.accepted) == (0, 1)


@pytest.mark.parametrize(
    "begin",
    [b"", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"],
)
async def test_an_answer_that_comes_drop_by_drop_ends_with_the_time_of_a_request(
    begin: bytes,
) -> None:
    async with _listening(answer=begin) as listener:
        listener.drips = True
        async with Egress(_HERE, request_s_max=0.3) as egress:
            with anyio.fail_after(10):
                said = await _said(egress, f"http://127.0.0.1:{listener.port}/")
    assert said == "no answer within 0.3 s"


@pytest.mark.parametrize(
    ("answer", "check"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 200_000,
            lambda answer: answer.status == 200 and answer.body == b"x" * 2_048,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\0",
            lambda answer: answer.body == b"\x1f\x8b\x08\0",
        ),
    ],
    ids=["too long", "compressed"],
)
async def test_of_an_answer_the_begin_is_kept_as_it_came(
    answer: bytes, check: Callable[[Answer], bool]
) -> None:
    async with _listening(answer=answer) as listener, Egress(_HERE) as egress:
        assert check(await egress.post(f"http://127.0.0.1:{listener.port}/", {}, b"{}"))


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n"],
    ids=["none", "another protocol", "a head without end"],
)
async def test_what_is_no_answer_is_said_to_be_none(answer: bytes) -> None:
    async with _listening(answer=answer) as listener, Egress(_HERE) as egress:
        said = await _said(egress, f"http://127.0.0.1:{listener.port}/")
    assert said.startswith("no answer: ")


async def test_tls_is_checked_for_the_name_and_asks_for_it(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate.both)
    asked: list[str | None] = []
    server.sni_callback = lambda _, name, __: asked.append(name)
    context = certificate.client_context()
    async with _listening(context=server) as listener, names() as dns:
        dns.add("shop.example", ["127.0.0.1"])
        async with Egress(_HERE, resolver=dns.resolve, context=context) as egress:
            said = await _said(egress, f"https://shop.example:{listener.port}/")
        assert "certificate" in said.lower()
        async with Egress(_HERE, context=context) as egress:
            url = f"https://127.0.0.1:{listener.port}/"
            assert (await egress.post(url, {}, b"{}")).status == 200
        async with Egress(_HERE) as egress:
            said = await _said(egress, f"https://127.0.0.1:{listener.port}/")
        assert "certificate" in said.lower()
    assert asked[0] == "shop.example"
    assert len(listener.heads) == 1


async def test_answers_without_end_before_the_answer_are_read_no_further_than_a_bound() -> None:
    async with _listening(answer=b"HTTP/1.1 100 Continue\r\n\r\n") as listener:
        listener.floods = True
        async with Egress(_HERE) as egress:
            with anyio.fail_after(10):
                said = await _said(egress, f"http://127.0.0.1:{listener.port}/")
    assert said == "no answer: ReadError: it is too long"


async def test_an_address_that_swallows_packets_leaves_time_for_the_next() -> None:
    with socket.socket() as swallows:
        swallows.bind(("127.0.0.3", 0))
        swallows.listen(0)
        host = swallows.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(host)  # nobody accepts: its queue is full then
        async with _listening("127.0.0.2", host[1]) as listener, names() as dns:
            dns.add("two.example", ["127.0.0.3", "127.0.0.2"])
            async with Egress(_HERE, resolver=dns.resolve, request_s_max=2.0) as egress:
                answer = await egress.post(f"http://two.example:{listener.port}/", {}, b"{}")
        for each in waiting:
            each.close()
    assert answer.status == 200


async def test_a_name_that_nobody_has_is_no_answer() -> None:
    async def nobody(host: str, port: int) -> list[object]:
        raise OSError("no such name")

    async with Egress(resolver=nobody) as egress:  # type: ignore[arg-type]
        assert await _said(egress, "https://nobody.example/") == "no answer: OSError: no such name"


def test_the_tests_own_name_server_answers_a_question() -> None:
    async def ask() -> list[object]:
        async with names() as dns:
            dns.add("a.example", ["127.0.0.9", "::9"])
            assert isinstance(dns, Names)
            return [*await dns.resolve("a.example", 1)]

    assert asyncio.run(ask()) == [ip_address("127.0.0.9"), ip_address("::9")]
