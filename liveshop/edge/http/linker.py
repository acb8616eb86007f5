"""Many modules put together into one script, without a build step and without changing them.

Each module becomes a function of the script, in the order of the first import, with the lines that
it has in its file. Its imports are the results of other functions, each of which is called once.
Modules that a page loads later stay files of their own, and share the modules of its script.
"""

import json
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from liveshop.edge.http.modules import Import, LinkError, Module, read_module, with_import

# The one module whose lazy imports are made of names: its features' modules are known by its list.
_MAY_CHOOSE: Final = "features/parts.js"
_START: Final = Path(__file__).with_name("linked.js").read_text(encoding="utf-8")
_SHARED: Final = 'globalThis[Symbol.for("liveshop.modules")]'


class Modules:
    """The modules of the pages by their path, each taken apart once."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents
        self._read: dict[str, Module] = {}

    def __getitem__(self, name: str) -> Module:
        if name not in self._read:
            module = read_module(name, self._contents[name].decode())
            missing = [
                path
                for path in (*(each.path for each in module.imports), *module.lazy)
                if path not in self._contents
            ]
            if missing:
                raise LinkError(name, f"imports {missing[0]}, which is no file")
            if module.has_template and name != _MAY_CHOOSE:
                raise LinkError(name, f"import(`…`): only {_MAY_CHOOSE} may choose what it loads")
            self._read[name] = module
        return self._read[name]

    def needed(self, names: Sequence[str]) -> list[Module]:
        """Return modules and all that they import, each after what it imports itself.

        Raises LinkError for a circle, for a name that is not exported, and for a module that others
        would have to wait for.
        """
        found: dict[str, Module] = {}
        under_way: list[str] = []

        def visit(name: str) -> None:
            if name in found:
                return
            if name in under_way:
                circle = " → ".join([*under_way[under_way.index(name) :], name])
                raise LinkError(name, f"imports itself in a circle: {circle}")
            under_way.append(name)
            for each in self[name].imports:
                visit(each.path)
                _check_names(name, each, found[each.path])
            under_way.pop()
            found[name] = self[name]

        for name in names:
            visit(name)
        return list(found.values())

    def later(self, names: Sequence[str], bundled: Mapping[str, Module]) -> dict[str, Module]:
        """Return the modules that are loaded after those of a script, and what they load."""
        waiting = [*names, *(path for module in bundled.values() for path in module.lazy)]
        found: dict[str, Module] = {}
        while waiting:
            for module in self.needed([waiting.pop()]):
                if module.name not in bundled and module.name not in found:
                    found[module.name] = module
                    waiting += module.lazy
        return found


@dataclass(frozen=True, slots=True)
class Linked:
    """A page's script: `script` without its messages, the map of it, and the modules for later.

    `late` has them by path.
    """

    script: str
    map: str
    late: Mapping[str, str]


def link(
    modules: Modules, page: str, entry: str, features: Sequence[str], woken: Sequence[str]
) -> Linked:
    """Link the script of a page: its entry, and modules of features that are there from the start.

    `woken` are modules of features that are loaded later.
    """
    bundled = {module.name: module for module in modules.needed([entry, *features])}
    for module in bundled.values():
        if module.awaits and module.name != entry:
            raise LinkError(module.name, f"others would wait for it: {module.awaits.strip()}")
    late = modules.later(woken, bundled)
    head = f"{_START}const $page = {json.dumps(page)};\nconst $late = {json.dumps(sorted(late))};\n"
    places: list[tuple[str, int]] = []
    parts = [head]
    line = head.count("\n")
    for module in bundled.values():
        text = _function(module, is_entry=module.name == entry)
        places.append((module.name, line + 1))
        parts.append(text)
        line += text.count("\n")
    return Linked(
        script="".join(parts),
        map=_map(places, line, posixpath.dirname(entry)),
        late={name: _file(module, bundled) for name, module in late.items()},
    )


def tail(entry: str, given: str, messages: Mapping[str, str]) -> str:
    """Return the end of a script: the module `given` with messages in it, and the entry's call."""
    said = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
    quoted = json.dumps(said, ensure_ascii=False)
    return (
        f"$modules[{json.dumps(given)}] = () => ({{ GIVEN: JSON.parse({quoted}) }});\n"
        f"$modules[{json.dumps(entry)}]();\n"
        f"//# sourceMappingURL={posixpath.basename(entry)}.map\n"
    )


def _check_names(name: str, wanted: Import, module: Module) -> None:
    for each, _ in wanted.names:
        if each != "*" and each not in module.exported:
            raise LinkError(name, f"imports {each} from {wanted.path}, which does not export it")


def _function(module: Module, *, is_entry: bool) -> str:
    """Return a module as a function. Its own lines begin after the first."""
    taken = "".join(_taken(each, f"$need({json.dumps(each.path)})") for each in module.imports)
    body = module.body
    if module.lazy or module.has_template:
        taken += f"const $import = $importer({json.dumps(module.name)}); "
        body = with_import(body, "$import")
    if "import.meta.url" in body:
        taken += f"const $url = new URL({json.dumps(module.name)}, $root).href; "
        body = body.replace("import.meta.url", "$url")
    exports = ", ".join(
        name if name == local else f"{name}: {local}" for name, local in module.exports
    )
    called = "async () =>" if is_entry else "() =>"
    return (
        f"$modules[{json.dumps(module.name)}] = {called} {{ {taken}\n"
        f"{body.rstrip()}\nreturn {{ {exports} }}; }};\n"
    )


def _taken(wanted: Import, source: str) -> str:
    if not wanted.names:
        return f"{source}; "
    named = [(name, local) for name, local in wanted.names if name != "*"]
    names = ", ".join(name if name == local else f"{name}: {local}" for name, local in named)
    whole = [local for name, local in wanted.names if name == "*"]
    declared = [*whole, *([f"{{ {names} }}"] if named else [])]
    return "".join(f"const {each} = {source}; " for each in declared)


def _file(module: Module, bundled: Mapping[str, Module]) -> str:
    """Return a module as a file that is loaded later; what the page has is taken from there."""
    if not module.imports:
        return module.text
    if "import.meta" in module.text:
        raise LinkError(module.name, "import.meta in a module that a page loads later")
    text = module.text
    head = ""
    again: list[str] = []
    for each in reversed(module.imports):
        if each.path not in bundled:
            continue
        start, end = each.place
        text = text[:start] + "\n" * text.count("\n", start, end) + text[end:]
        names = json.dumps([name for name, _ in each.names if name != "*"])
        head = _taken(each, f"{_SHARED}({json.dumps(each.path)}, {names})") + head
        again += [
            f"{local} as {name}"
            for name, local in module.exports
            if local.startswith("$import") and local in dict(each.names).values()
        ]
    if again:
        head += f"export {{ {', '.join(again)} }}; "
    return head + text


def _map(places: Sequence[tuple[str, int]], lines: int, folder: str) -> str:
    """Return the source map of a script: where each of its lines stands in which file."""
    starts = {line: source for source, (_, line) in enumerate(places)}
    mapped = "".join(_segments(starts, lines))
    sources = [posixpath.relpath(name, folder) for name, _ in places]
    return json.dumps({"version": 3, "sources": sources, "names": [], "mappings": mapped})


def _segments(starts: Mapping[int, int], lines: int) -> Iterator[str]:
    """Yield `;` and a segment for each line: column, source, line and column, as differences."""
    source, own, told = -1, -1, (0, 0)
    for line in range(lines):
        if line in starts:
            source, own = starts[line], 0
        if source >= 0:
            yield f"A{_vlq(source - told[0])}{_vlq(own - told[1])}A"
            told = (source, own)
            own += 1
        yield ";"


_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _vlq(number: int) -> str:
    """Return a number in the source map's base 64: five bits a digit, the sign in the lowest."""
    rest = abs(number) << 1 | (number < 0)
    digits = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        digits += _DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return digits
