"""A name server of a test's own, and a resolver that asks it: A and AAAA over UDP, nothing more."""

import asyncio
import secrets
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import cast

from liveshop.core.egress import Address

_A, _AAAA = 1, 28


class Names(asyncio.DatagramProtocol):
    """Answers with the next of the lists of addresses of a name; the last one stays."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self._answers: dict[str, deque[Sequence[str]]] = {}
        self._current: dict[tuple[str, bytes], Sequence[str]] = {}

    def add(self, name: str, *answers: Sequence[str]) -> None:
        """Give a name its answers, each a list of addresses, one for each time it is resolved."""
        self._answers[name] = deque(answers)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        (kind,) = struct.unpack_from(">H", data, at + 1)
        name = ".".join(labels)
        found = [ip_address(each) for each in self._addresses(name, data[:1])]
        wanted = IPv4Address if kind == _A else IPv6Address
        records = [each.packed for each in found if isinstance(each, wanted)]
        head = data[:2] + struct.pack(">HHHHH", 0x8180, 1, len(records), 0, 0)
        tail = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(each)) + each for each in records
        )
        self._transport.sendto(head + data[12 : at + 5] + tail, address)

    def _addresses(self, name: str, which: bytes) -> Sequence[str]:
        """Both questions of one resolution, which have the same first byte, get the same list."""
        if (name, which) not in self._current:
            self.asked.append(name)
            answers = self._answers[name]
            self._current[name, which] = answers.popleft() if len(answers) > 1 else answers[0]
        return self._current[name, which]

    async def resolve(self, host: str, port: int) -> list[Address]:
        """Return all addresses that this server has for a name."""
        return await asyncio.to_thread(self._resolve, host)

    def _resolve(self, host: str) -> list[Address]:
        which = secrets.token_bytes(1)
        while any(key[1] == which for key in self._current):
            which = secrets.token_bytes(1)
        return [each for kind in (_A, _AAAA) for each in self._question(host, kind, which)]

    def _question(self, host: str, kind: int, which: bytes) -> list[Address]:
        labels = b"".join(bytes([len(each)]) + each.encode() for each in host.split("."))
        question = labels + b"\0" + struct.pack(">HH", kind, 1)
        head = which + secrets.token_bytes(1) + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(30)
            client.sendto(head + question, ("127.0.0.1", self.port))
            answer = client.recv(4_096)
        (count,) = struct.unpack_from(">H", answer, 6)
        at, found = 12 + len(question), list[Address]()
        for _ in range(count):
            (size,) = struct.unpack_from(">H", answer, at + 10)
            found.append(ip_address(answer[at + 12 : at + 12 + size]))
            at += 12 + size
        return found


@asynccontextmanager
async def names() -> AsyncIterator[Names]:
    """Run a name server for a block."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(Names, ("127.0.0.1", 0))
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()
