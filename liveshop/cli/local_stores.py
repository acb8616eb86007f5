"""Real Valkey and real PostgreSQL on this machine, for the demo and the tests.

Both come from wheels and run as processes of ours, which end with us. A remnant of an earlier
run (a pid file, a zombie, a server still alive) is asked over its port before it is believed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from liveshop.cli.local_postgres import LocalPostgres
from liveshop.cli.local_valkey import LocalValkey
from liveshop.cli.subprocesses import LocalStoreError


@dataclass(frozen=True, slots=True)
class LocalStores:
    """Both stores, running."""

    valkey: LocalValkey
    postgres: LocalPostgres


@contextmanager
def running(store: LocalValkey | LocalPostgres) -> Iterator[None]:
    """Run one store, whose folder one process may use at a time.

    Enter it in the main thread. Raises `LocalStoreError`, whose message is one line.
    """
    try:
        try:
            store.start()
        except OSError as error:
            raise LocalStoreError(f"cannot use the folder {store.folder}: {error}") from error
        yield
    finally:
        store.stop()


@contextmanager
def local_stores(folder: Path, *, durable: bool = True) -> Iterator[LocalStores]:
    """Run both stores with their data in `folder`, as `running` does one."""
    stores = LocalStores(
        LocalValkey(folder / "valkey"), LocalPostgres(folder / "postgres", durable=durable)
    )
    with running(stores.valkey), running(stores.postgres):
        yield stores
