"""The package's uses of other libraries' classes, found without being told."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.architecture.sources import imports, module_name, package_sources, short, tree

# Those of whose insides we use something, or whose classes are ours to derive from.
LIBRARIES = (
    *("anyio", "asyncpg", "hiredis", "httptools", "prometheus_client"),
    *("redis", "starlette", "uvicorn", "uvloop", "websockets"),
)

# The names of a library's objects where they are used: of these, every attribute counts.
OBJECTS: dict[str, dict[str, tuple[str, ...]]] = {
    "uvicorn.config.Config": {"liveshop/edge/server.py": ("self.config",)},
    "uvicorn.protocols.http.httptools_impl.HttpToolsProtocol": {
        "liveshop/edge/server.py": ("connection",),
    },
    "uvicorn.protocols.http.httptools_impl.RequestResponseCycle": {
        "liveshop/edge/http_protocol.py": ("cycle", "faulty", "self.cycle", "self._answering"),
    },
    "uvicorn.protocols.http.flow_control.FlowControl": {
        "liveshop/edge/http_protocol.py": ("self.flow",),
    },
    "uvicorn.server.ServerState": {"liveshop/edge/server.py": ("self.server_state",)},
    "websockets.server.ServerProtocol": {
        "liveshop/edge/handshake.py": ("websocket",),
        "liveshop/edge/viewer_socket.py": ("websocket", "self._websocket", "self._borrowed()"),
        "liveshop/edge/websocket.py": ("websocket",),
    },
    "redis.asyncio.connection.Connection": {
        "liveshop/stores/redis/bus.py": ("connection", "self._connection"),
        "liveshop/stores/redis/cluster.py": ("connection", "self._connection"),
        "liveshop/stores/redis/link.py": ("connection", "self._connection"),
        "liveshop/stores/redis/opening.py": ("connection",),
    },
}

# Names with an underscore before them that are public.
_PUBLIC = {"_exit", "_replace", "_asdict", "_fields", "_make"}


class Use(NamedTuple):
    """An attribute of a library's class, and the file of ours that relies on it."""

    holder: str
    attribute: str
    file: str


@cache
def uses() -> frozenset[Use]:
    """Return every use of the insides of a library in the package."""
    return frozenset((*_inherited(), *_of_objects(), *_private()))


def has(holder: str, attribute: str) -> bool:
    """Whether the installed version of a class has an attribute, of its own or of its objects."""
    return attribute in _attributes(_find(holder))


def _inherited() -> Iterator[Use]:
    """Yield what classes of ours override, or use of themselves that a library's class gave them.

    A name that a class of ours takes by accident is among these.
    """
    for path in package_sources():
        classes = [node for node in tree(path).body if isinstance(node, ast.ClassDef)]
        for node in classes:
            bases = _foreign_bases(module_name(path), node.name)
            for name in _own_names(node) if bases else ():
                base = next((base for base in bases if name in _attributes(base)), None)
                if base is not None:
                    yield Use(_dotted(base), name, short(path))


def _of_objects() -> Iterator[Use]:
    for holder, places in OBJECTS.items():
        for path in package_sources():
            names = places.get(short(path))
            if names is None:
                continue
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) in names:
                    if has(holder, node.attr):
                        yield Use(holder, node.attr, short(path))
                elif isinstance(node, ast.Call) and len(node.args) > 1:
                    name = _named_by_text(node)
                    if name and ast.unparse(node.args[0]) in names:
                        yield Use(holder, name, short(path))


def _private() -> Iterator[Use]:
    """Yield attributes with an underscore of what is not ours; the holder is not known."""
    ours = _our_private_names()
    for path in package_sources():
        for node in ast.walk(tree(path)):
            name = ""
            if isinstance(node, ast.Attribute):
                name = node.attr
            elif isinstance(node, ast.Call):
                name = _named_by_text(node)
            if _is_private(name) and name not in ours and not _is_of_self(node):
                yield Use("?", name, short(path))


@cache
def _our_private_names() -> frozenset[str]:
    """Return the private names that are defined somewhere in the package."""
    ours = set()
    for path in package_sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                ours.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                ours.add(node.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                ours.add(node.id)
    return frozenset(filter(_is_private, ours))


def private_imports() -> set[tuple[str, str]]:
    """Return what is imported from modules or under names that begin with an underscore."""
    return {
        (name, short(path))
        for path in package_sources()
        for name, _ in imports(path)
        if name.partition(".")[0] in LIBRARIES
        and any(part.startswith("_") for part in name.split("."))
    }


def ignored() -> set[tuple[str, str]]:
    """Return the rules that type checking is told to ignore, by file."""
    ignore = re.compile(r"# type: ignore\[([^\]]+)\]")
    return {
        (short(path), rule)
        for path in package_sources()
        for rules in ignore.findall(path.read_text(encoding="utf-8"))
        for rule in rules.split(", ")
    }


def _is_of_self(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Attribute) else None
    return isinstance(value, ast.Name) and value.id in ("self", "cls")


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in _PUBLIC


def _named_by_text(node: ast.Call) -> str:
    """Return the attribute that `getattr`, `setattr` and their like are asked for."""
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name not in ("getattr", "setattr", "hasattr", "delattr", "attrgetter", "__setattr__"):
        return ""
    constants = [each.value for each in node.args if isinstance(each, ast.Constant)]
    return next((value for value in constants if isinstance(value, str)), "")


def _own_names(node: ast.ClassDef) -> set[str]:
    """Return what a class defines, and what it uses of `self` and of what it overrides."""
    names = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    names |= {each.name for each in node.body if isinstance(each, ast.AsyncFunctionDef)}
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and ast.unparse(each.value) in ("self", "super()"):
            names.add(each.attr)
    return {name for name in names if not name.startswith("__")}


def _foreign_bases(module: str, name: str) -> list[type]:
    cls = getattr(importlib.import_module(module), name)
    return [base for base in cls.__mro__ if _library(base) in LIBRARIES]


def _library(cls: type) -> str:
    return cls.__module__.partition(".")[0]


def _dotted(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _find(holder: str) -> type:
    module, _, name = holder.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, type), holder
    return found


@cache
def _attributes(cls: type) -> frozenset[str]:
    """Return the attributes of a class and its objects, by its own source and its bases'."""
    names = set()
    for base in cls.__mro__:
        if base is object or base.__module__ in ("typing", "abc"):
            continue
        names |= set(vars(base)) | set(vars(base).get("__annotations__", ()))
        try:
            body = ast.parse(inspect.cleandoc("\n" + inspect.getsource(base)))
        except (OSError, TypeError):
            continue  # compiled: the class's attributes are all there is to see
        for node in ast.walk(body):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                if ast.unparse(node.value) == "self":
                    names.add(node.attr)
    return frozenset(names)
