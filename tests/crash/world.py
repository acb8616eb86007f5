"""Two nodes and both stores as processes of their own, each of which can be killed and started."""

import asyncio
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from liveshop.cli.local_postgres import LocalPostgres
from liveshop.cli.local_valkey import LocalValkey
from liveshop.cli.subprocesses import free_port, last_lines, spawn
from liveshop.stores.postgres.migrate import migrate
from tests.cli.programs import LIVESHOP, is_ready, serving
from tests.forked import forked
from tests.waiting import wait_until

NODES = 2
_RESTART_S_MAX = 60


class CrashNode:
    """One `liveshop serve`, which keeps its port over its deaths."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{environment['LIVESHOP_PORT']}"
        self.log = folder / f"{name}.log"
        self._environment = environment | {"LIVESHOP_LOG_LEVEL": "warning"}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **settings: str) -> None:
        """Start the node, with other settings this time if some are given."""
        environment = self._environment | settings
        self.process = spawn([LIVESHOP, "serve"], log=self.log, environment=environment)

    def kill(self) -> None:
        """End it as a power cut would; one that has ended is fine."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        """End it as an operator does, with SIGTERM, and start it again; it has to end well."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(_RESTART_S_MAX) == 0, last_lines(self.log, 12)
        self.start()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def is_ready_or_over(self) -> bool:
        """Whether the node serves, or never will."""
        return is_ready(self.url) or not self.running


class CrashWorld:
    """Everything that can die. Call it from the main thread, which is the children's parent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.valkey = LocalValkey(folder / "valkey-0")
        self.postgres = LocalPostgres(folder / "postgres", durable=False)
        self.nodes: list[CrashNode] = []
        self._generation = 0
        self._restarted = False

    @property
    def urls(self) -> tuple[str, ...]:
        """Where clients connect."""
        return tuple(node.url for node in self.nodes)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a node whose port is its own."""
        return serving(self.redis_url, self.postgres_url, free_port())

    @property
    def redis_url(self) -> str:
        """The URL of Redis that nodes are given."""
        return self.valkey.url

    @property
    def postgres_url(self) -> str:
        """The URL of PostgreSQL that nodes are given."""
        return self.postgres.url

    def copies_url(self, session_id: str) -> str:
        """Return the URL of the server that has a session's keys now."""
        return self.valkey.url

    def start_stores(self) -> None:
        """Start Redis and PostgreSQL."""
        self.valkey.start()
        self.postgres.start()

    def stop_stores(self) -> None:
        """End Redis and PostgreSQL."""
        self.valkey.stop()
        self.postgres.stop()

    def fail_over(self, session_id: str) -> bool:
        """Kill a primary for good and wait for its replica; True if that may lack something."""
        raise NotImplementedError("one server has no replica")

    def open(self) -> None:
        """Start everything and wait until both nodes serve."""
        self.start_stores()
        asyncio.run(migrate(self.postgres_url))
        for number in range(NODES):
            node = CrashNode(f"node{number}", self.folder, self.environment)
            self.nodes.append(node)
            node.start()
        self.until_ready()

    def close(self) -> None:
        """End everything."""
        for node in self.nodes:
            node.kill()
        self.stop_stores()

    def until_ready(self) -> None:
        """Wait until both nodes say that they can serve."""
        for node in self.nodes:
            wait_until(node.is_ready_or_over)
            assert node.running, f"{node.name} ended: {node.log.read_text()[-2000:]}"

    def mend(self) -> dict[str, str]:
        """Start what does not run and wait until all serve.

        Returns the nodes that ended without being told, with the last of their log.
        """
        ended = {}
        if self.valkey.process is None or self.valkey.process.poll() is not None:
            self.valkey.start()
        if self.postgres.process is None or self.postgres.process.poll() is not None:
            self.postgres.start()
        for node in self.nodes:
            if not node.running:
                if node.process is not None:
                    ended[node.name] = last_lines(node.log, 12)
                node.start()
        self.until_ready()
        return ended

    def restart_in_turn(self, pause_s: float) -> None:
        """Restart one node after the other; the next once all have been ready for a while."""
        for node in self.nodes:
            if self._restarted:
                threading.Event().wait(pause_s)
            self._restarted = True
            node.restart()
            self.until_ready()

    def freeze(self, process: subprocess.Popen[bytes]) -> None:
        """Stop a process as a machine without time for it would."""
        os.kill(process.pid, signal.SIGSTOP)

    def thaw(self, process: subprocess.Popen[bytes]) -> None:
        """Let a frozen process go on."""
        os.kill(process.pid, signal.SIGCONT)

    @property
    def append_only(self) -> Path:
        """The folder of Valkey's append-only files."""
        return self.valkey.folder / "appendonlydir"

    def copy_valkey(self) -> Path:
        """Keep what Valkey has on disk now, as a backup would."""
        copy = self.folder / "backup"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.append_only, copy)
        return copy

    def replica(self) -> LocalValkey:
        """Start a second Valkey that follows the first, and wait until it has everything."""
        self._generation += 1
        replica = LocalValkey(self.folder / f"valkey-{self._generation}")
        replica.folder.mkdir()
        shutil.copy(self.valkey.folder / "password", replica.folder / "password")
        replica.start()
        password = (replica.folder / "password").read_text().strip()
        with redis.Redis.from_url(replica.url) as client:
            client.config_set("masterauth", password)
            client.replicaof("127.0.0.1", self.valkey.port)
            wait_until(lambda: client.info("replication")["master_link_status"] == "up")
        return replica

    def cut_off(self, replica: LocalValkey) -> None:
        """Let the replica lag: data written from here on does not reach it."""
        with redis.Redis.from_url(replica.url) as client:
            client.replicaof("NO", "ONE")

    def promote(self, replica: LocalValkey) -> None:
        """Kill the first Valkey and let the replica answer in its place."""
        port = self.valkey.port
        self.valkey.kill()
        with redis.Redis.from_url(replica.url) as client:
            client.config_set("port", port)
        replica.port = port
        self.valkey = replica

    def audit(self) -> tuple[int, str]:
        """Run `liveshop audit`; return its exit code and what it says."""
        with forked("audit", environment=self.environment) as process:
            output, _ = process.communicate()
        return process.wait(), output


@contextmanager
def open_world(folder: Path) -> Iterator[CrashWorld]:
    """Run a world whose files lie in `folder`."""
    world = CrashWorld(folder)
    try:
        world.open()
        yield world
    finally:
        world.close()
