"""Nothing between `buy` and `confirmed` knows of the worker: nodes sell with and without one."""

import re
from typing import Final

from liveshop.stores.postgres.queries import load_queries
from tests.architecture.features import House, feature_of, layer_of
from tests.architecture.sources import ROOT

_HOUSE: Final = House(ROOT)
_KERNEL: Final = ("core", "stores", "engine", "edge")
_TABLE: Final = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


def _tables_of_workers() -> set[str]:
    """Return the tables of the features that have a part of a worker."""
    folder = ROOT / "liveshop/features"
    working = sorted(path.parent for path in folder.glob("*/worker.py"))
    assert working
    return {
        table
        for feature in working
        for path in feature.glob("migrations/*.sql")
        for table in _TABLE.findall(path.read_text(encoding="utf-8"))
    }


def test_no_layer_of_the_kernel_imports_the_worker() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in _HOUSE.uses()
        if name.startswith("liveshop.worker") and module.split(".")[1] in _KERNEL
    ]
    assert wrong == []


def test_the_worker_imports_core_and_stores_only() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in _HOUSE.uses()
        if module.startswith("liveshop.worker")
        and name != "liveshop"  # its version
        and not f"{name}.".startswith(("liveshop.core.", "liveshop.stores.", "liveshop.worker."))
    ]
    assert wrong == []


def test_a_part_of_a_room_never_uses_a_part_of_a_worker() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, name in _HOUSE.uses()
        if feature_of(module) is not None
        and layer_of(module) in ("engine", "stores", "core")
        and (name.startswith("liveshop.worker") or layer_of(name) == "worker")
    ]
    assert wrong == []


def test_no_statement_of_sessions_orders_or_payments_names_a_table_of_a_worker() -> None:
    tables = _tables_of_workers()
    assert {"feed", "message", "outbox"} <= tables
    written = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:{'|'.join(sorted(tables))})\b", re.I)
    found = [
        f"{path.name}: {name}"
        for path in sorted((ROOT / "liveshop/stores/postgres/sql").glob("*.sql"))
        if path.name != "shops.sql"  # the owners of what paths of HTTP name
        for name, query in load_queries(path).items()
        if written.search(query)
    ]
    assert found == []


def test_a_statement_that_does_is_seen() -> None:
    assert re.search(r"\b(?:INTO)\s+(?:outbox)\b", "insert into outbox (id)", re.I)
