"""Whom to believe about who is there."""

from ipaddress import ip_network

import pytest

from liveshop.edge.addresses import client_address, origin_allowed, own_host

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
        ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, , 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("", ["203.0.113.9"], ""),
    ],
)
def test_the_last_address_that_is_not_a_trusted_proxy_is_the_client(
    peer: str, forwarded_for: list[str], client: str
) -> None:
    assert client_address(peer, forwarded_for, TRUSTED) == client


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
