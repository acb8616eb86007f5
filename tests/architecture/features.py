"""The rules of the features that can be read from a tree of files: each returns its breaches."""

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

from tests.architecture.sources import imports

KERNEL: Final = ("core", "stores", "engine", "edge", "worker", "pages")
# The tables that hold what is sold, paid and decided: SQL in `liveshop/stores/` writes them.
KERNEL_TABLES: Final = (
    *("session", "event", "stock", "buyer_quota"),
    *("orders", "order_line", "order_charge", "payment"),
)
_ROOT: Final = "liveshop.features"
# The layer of a feature's file, by the first word of its name; `room_words.py` is of the engine.
_LAYERS: Final = {
    "rules": "core",
    "store": "stores",
    "migrations": "stores",
    "room": "engine",
    "http": "edge",
    "worker": "worker",
}
# A layer's imports of ours; of another feature only its package.
_MAY_IMPORT: Final = {
    "core": ("core.",),
    "stores": ("core.", "stores."),
    "engine": ("core.", "stores.", "engine."),
    "edge": ("core.", "stores.", "engine.", "edge.http."),
    "worker": ("core.", "stores.", "worker."),
}
_HEIGHTS: Final = {"core": 0, "stores": 1, "engine": 2, "worker": 2, "edge": 3}
_WRITES: Final = re.compile(
    r"\b(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?"
    r"|alter\s+table|drop\s+table|copy)\s+(?:only\s+)?(?:public\.)?\"?"
    rf"({'|'.join(KERNEL_TABLES)})\b",
    re.IGNORECASE,
)


class House:
    """The files of a package that has a kernel and features, by the folder that it lies in."""

    def __init__(self, root: Path) -> None:
        self.package: Final = root / "liveshop"
        self.modules: Final = {
            ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
            for path in sorted(self.package.rglob("*.py"))
        }

    @property
    def features(self) -> list[str]:
        """The names of the features: their folders, whether they are listed or not."""
        folders = (self.package / "features").iterdir()
        return sorted(each.name for each in folders if (each / "__init__.py").exists())

    def uses(self) -> Iterator[tuple[str, str]]:
        """Yield each module with each module of ours that it imports from."""
        for module, path in self.modules.items():
            for name, _ in imports(path):
                if name.partition(".")[0] == "liveshop":
                    yield module, name if name in self.modules else name.rpartition(".")[0]


def imports_of_features(house: House) -> list[str]:
    """The kernel imports nothing of the features; the commands import them as packages."""
    wrong = []
    for module, name in house.uses():
        layer = module.split(".")[1] if "." in module else ""
        if layer == "features" or not _is_in(name, _ROOT):
            continue
        if layer in KERNEL or name.count(".") > 2:
            wrong.append(f"{module} imports {name}")
    return wrong


def imports_above(house: House) -> list[str]:
    """A feature's file imports its layer, those below, and files of its folder that may."""
    wrong = []
    for module, name in house.uses():
        own, layer = feature_of(module), layer_of(module)
        if own is None or layer is None or feature_of(name) not in (None, own):
            continue
        if feature_of(name) == own:
            theirs = layer_of(name)
            allowed = theirs is not None and _HEIGHTS[theirs] <= _HEIGHTS[layer]
        else:
            below = name.removeprefix("liveshop.") + "."
            allowed = below.startswith(_MAY_IMPORT[layer])
        if not allowed:
            wrong.append(f"{module} imports {name}, and is of the layer {layer}")
    return wrong


def meetings(house: House) -> set[tuple[str, str]]:
    """Return which feature imports which."""
    return {
        (own, other)
        for module, name in house.uses()
        for own, other in [(feature_of(module), feature_of(name))]
        if own is not None and other is not None and own != other
    }


def imports_past_packages(house: House) -> list[str]:
    """A feature imports of another only what that one's package offers.

    A package brings the files of all layers, so files of the core import another's rules.
    """
    return [
        f"{module} imports {name}"
        for module, name in house.uses()
        if feature_of(module) is not None
        and feature_of(name) not in (None, feature_of(module))
        and not (name.endswith(".rules") if layer_of(module) == "core" else name.count(".") < 3)
    ]


def circles(met: set[tuple[str, str]]) -> list[str]:
    """Features do not need each other in a circle."""
    graph: dict[str, set[str]] = {}
    for own, other in met:
        graph.setdefault(own, set()).add(other)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        return [" → ".join(exc.args[1])]
    return []


def writes_of_kernel_tables(house: House) -> list[str]:
    """No SQL outside of `liveshop/stores/` writes a table of the kernel."""
    return [
        f"{path.relative_to(house.package).as_posix()} has {found.group(0)!r}"
        for suffix in (".py", ".sql", ".lua")
        for path in sorted(house.package.rglob(f"*{suffix}"))
        if not path.is_relative_to(house.package / "stores")
        for found in _WRITES.finditer(path.read_text(encoding="utf-8"))
    ]


def feature_of(module: str) -> str | None:
    """Return the feature that a module belongs to, None for one of the kernel."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["liveshop", "features"] and len(parts) > 2 else None


def layer_of(module: str) -> str | None:
    """Return the layer of a feature's file, None for the module that puts the feature together."""
    parts = module.split(".")
    if feature_of(module) is None or len(parts) < 4:
        return None
    return _LAYERS.get(parts[3].partition("_")[0], "core")


def _is_in(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")
