"""Which client a connection or a request counts against."""

import logging
from collections.abc import Sequence
from typing import Final

from liveshop.core.settings import Settings
from liveshop.edge.addresses import UNREADABLE, address_key, client_address
from liveshop.engine.metrics import Metrics

_logger: Final = logging.getLogger(__name__)

_ENTRIES_CHARS_SHOWN: Final = 100


class Clients:
    """Reads the addresses of clients, for HTTP and for WebSockets alike."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._trusted = settings.trusted_proxies
        self._prefixes = settings.address_prefix_ipv4, settings.address_prefix_ipv6
        # Then an IPv4 peer is its own name, as the kernel writes it.
        self._as_is = not settings.trusted_proxies and settings.address_prefix_ipv4 == 32
        self._unreadable = metrics.unreadable_clients

    def key(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """Return the name that limits per address count a client by.

        All clients whose trusted proxy names them unreadably share one name, and so one allowance.
        """
        if self._as_is and ":" not in peer:
            return peer
        address = client_address(peer, forwarded_for, self._trusted)
        if address == UNREADABLE:
            self._unreadable.inc()
            entries = ", ".join(forwarded_for)[-_ENTRIES_CHARS_SHOWN:]
            _logger.warning("the client that the proxy %s names cannot be read: %r", peer, entries)
        return address_key(address, *self._prefixes)
