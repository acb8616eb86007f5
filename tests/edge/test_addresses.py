"""The sources to believe about who is there."""

from ipaddress import ip_network

import pytest

from liveshop.core import limits
from liveshop.core.origins import parse_origin
from liveshop.core.settings import Settings
from liveshop.edge.addresses import (
    UNREADABLE,
    address_key,
    client_address,
    origin_allowed,
    own_host,
    peer_address,
    speaks_tls,
)

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4", "203.0.113.9,10.9.9.9"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        ("10.0.0.1", ["203.0.113.9, , 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9,,", "", " , "], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [" , ,,"], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("fd00::1%eth0", ["203.0.113.9"], "203.0.113.9"),
        ("2001:db8::1", ["203.0.113.9"], "2001:db8::1"),
        ("", ["203.0.113.9"], ""),
    ],
)
def test_the_last_address_that_is_not_a_trusted_proxy_is_the_client(
    peer: str, forwarded_for: list[str], client: str
) -> None:
    assert client_address(peer, forwarded_for, TRUSTED) == client


@pytest.mark.parametrize(
    ("entry", "client"),
    [
        ("203.0.113.9:5678", "203.0.113.9"),
        ("203.0.113.9:65535", "203.0.113.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ('"203.0.113.9"', "203.0.113.9"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ('" 203.0.113.9:80 "', "203.0.113.9"),
        ("\t203.0.113.9 ", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:80", "fe80::1"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
        ("unknown", UNREADABLE),
        ("_hidden", UNREADABLE),
        ("unix:", UNREADABLE),
        ("for=203.0.113.9", UNREADABLE),
        ("203.0.113.9 198.51.100.1", UNREADABLE),
        ("203.0.113.9:", UNREADABLE),
        ("203.0.113.9:65536", UNREADABLE),
        ("203.0.113.9:²", UNREADABLE),
        ("203.0.113.9:http", UNREADABLE),
        ("203.0.113.010", UNREADABLE),
        ("203.0.113.9%eth0", UNREADABLE),
        ("[2001:db8::1", UNREADABLE),
        ("[2001:db8::1]443", UNREADABLE),
        ("[2001:db8::1]:", UNREADABLE),
        ('"203.0.113.9', UNREADABLE),
        ('"', UNREADABLE),
        ("[]", UNREADABLE),
        ("1" * 10_000, UNREADABLE),
    ],
)
def test_an_entry_is_read_with_its_port_brackets_quotes_and_zone_or_makes_the_client_unreadable(
    entry: str, client: str
) -> None:
    assert client_address("10.0.0.1", [f"192.0.2.7, {entry}"], TRUSTED) == client
    assert client_address("10.0.0.1", [f"192.0.2.7, {entry}, 10.0.0.2:81"], TRUSTED) == client
    assert client_address("198.51.100.1", [entry], TRUSTED) == "198.51.100.1"


def test_only_so_many_proxies_are_followed_however_many_are_named() -> None:
    proxies = ["10.0.0.7"] * (limits.FORWARDED_HOPS_MAX - 1)
    last = ["203.0.113.9", *proxies]
    assert client_address("10.0.0.1", [", ".join(last)], TRUSTED) == "203.0.113.9"
    one_more = ["203.0.113.9", "10.0.0.7", *proxies]
    assert client_address("10.0.0.1", [", ".join(one_more)], TRUSTED) == UNREADABLE
    assert client_address("10.0.0.1", ["10.0.0.7," * 10_000], TRUSTED) == UNREADABLE
    made_up = ["10.0.0.7"] * 10_000
    assert client_address("10.0.0.1", [*made_up, "203.0.113.9"], TRUSTED) == "203.0.113.9"


def test_a_network_of_mapped_addresses_trusts_the_addresses_that_it_maps() -> None:
    read = {"LIVESHOP_TRUSTED_PROXIES": "::ffff:10.0.0.0/104, ::/0"}
    assert Settings.read(read).trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::/0"))


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("fe80::2%eth1", "fe80::/64"),
        ("::1", "::/64"),
        (UNREADABLE, UNREADABLE),
        ("", ""),
    ],
)
def test_ipv6_addresses_of_one_64_are_counted_as_one(address: str, key: str) -> None:
    assert address_key(address, 32, 64) == key


def test_an_operator_says_by_how_many_bits_addresses_are_counted() -> None:
    assert address_key("203.0.113.9", 24, 64) == "203.0.113.0/24"
    assert address_key("::ffff:203.0.113.9", 24, 64) == "203.0.113.0/24"
    assert address_key("2001:db8:1:2::1", 32, 48) == "2001:db8:1::/48"
    assert address_key("2001:db8:1:2::1", 32, 128) == "2001:db8:1:2::1"


@pytest.mark.parametrize(
    ("peername", "address"),
    [
        (("203.0.113.9", 5678), "203.0.113.9"),
        (("fe80::1%eth0", 5678, 0, 2), "fe80::1%eth0"),
        ("/run/liveshop.sock", ""),
        (b"", ""),
        (None, ""),
    ],
)
def test_the_peer_of_a_unix_socket_has_no_address(peername: object, address: str) -> None:
    assert peer_address(peername) == address


@pytest.mark.parametrize(
    ("peer", "forwarded_host", "own"),
    [
        ("10.0.0.1", "shop.example", "shop.example"),
        ("10.0.0.1", "shop.example, inner:8000", "shop.example"),
        ("10.0.0.1", None, "inner:8000"),
        ("198.51.100.1", "shop.example", "inner:8000"),
        ("", "shop.example", "inner:8000"),
    ],
)
def test_a_trusted_proxy_says_what_the_server_is_called(
    peer: str, forwarded_host: str | None, own: str
) -> None:
    assert own_host(peer, "inner:8000", forwarded_host, TRUSTED) == own


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "shop.example", True),
        ("https://shop.example", "shop.example", True),
        ("https://shop.example", "SHOP.example:443", True),
        ("http://shop.example", "shop.example:80", True),
        ("http://shop.example:8000", "shop.example:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("https://other.example", "shop.example", True),
        ("https://other.example:444", "shop.example", False),
        ("http://other.example", "shop.example", False),
        ("https://evil.example", "shop.example", False),
        ("https://shop.example.evil.example", "shop.example", False),
        ("http://shop.example:8001", "shop.example:8000", False),
        ("http://shop.example:port", "shop.example", False),
        ("null", "shop.example", False),
        ("", "", False),
        ("file://", "", False),
        ("http://[", "shop.example", False),
    ],
)
def test_the_servers_own_origin_and_the_listed_ones_are_allowed(
    origin: str | None, host: str, allowed: bool
) -> None:
    assert origin_allowed(origin, host, ("https://other.example",)) is allowed


@pytest.mark.parametrize(
    ("written", "origin", "allowed"),
    [
        ("https://*.shop.example", "https://de.shop.example", True),
        ("https://*.shop.example", "https://xn--bcher-kva.shop.example", True),
        ("https://*.shop.example", "https://shop.example", False),
        ("https://*.shop.example", "https://a.b.shop.example", False),
        ("https://*.shop.example", "https://.shop.example", False),
        ("https://*.shop.example", "http://de.shop.example", False),
        ("https://*.shop.example", "https://de.shop.example:8443", False),
        ("https://*.shop.example", "https://evil.example/.shop.example", False),
        ("https://*.shop.example", "https://de.shop.example.evil.example", False),
        ("https://*.shop.example", "https://deXshop.example", False),
        ("https://shop.example", "https://shopXexample", False),
        ("https://*--shop.pages.example", "https://pr-7--shop.pages.example", True),
        ("https://*--shop.pages.example", "https://pr-7--shop.evil.pages.example", False),
        ("http://localhost:5173", "http://localhost:5173", True),
        ("capacitor://localhost", "capacitor://localhost", True),
        ("capacitor://localhost", "ionic://localhost", False),
    ],
)
def test_a_star_is_one_name_in_one_label(written: str, origin: str, allowed: bool) -> None:
    assert origin_allowed(origin, "live.example", (parse_origin(written),)) is allowed


@pytest.mark.parametrize(
    ("peer", "forwarded_proto", "tls"),
    [
        ("10.0.0.1", ["https"], True),
        ("10.0.0.1", ["HTTPS "], True),
        ("::ffff:10.0.0.1", ["https"], True),
        ("fd00::1", ["https, https"], True),
        ("10.0.0.1", ["http"], False),
        ("10.0.0.1", [], False),
        ("10.0.0.1", [""], False),
        ("10.0.0.1", ["httpsx"], False),
        ("10.0.0.1", ["wss"], False),
        # One stretch of the way was plain, or a client made the first entry up.
        ("10.0.0.1", ["https, http"], False),
        ("10.0.0.1", ["https", "http"], False),
        ("10.0.0.1", ["http,https"], False),
        ("198.51.100.1", ["https"], False),
        ("", ["https"], False),
    ],
)
def test_only_a_trusted_proxy_says_that_a_client_came_by_tls(
    peer: str, forwarded_proto: list[str], tls: bool
) -> None:
    assert speaks_tls(peer, forwarded_proto, TRUSTED) is tls
