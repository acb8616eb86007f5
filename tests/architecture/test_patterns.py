"""No regular expression of ours can take time that grows faster than its input."""

import ast
import importlib
import re
from collections.abc import Iterator

import pytest
from starlette.routing import compile_path

from liveshop.core.fields import PATTERN_WORDS
from liveshop.edge.http.app import operations
from tests.architecture.patterns import guilty_word
from tests.architecture.sources import ROOT, imports, module_name, package_sources, short, tree
from tests.vocabulary import VOCABULARY

# They read files of ours or what an operator sets, once, when a node starts.
_OUR_OWN_INPUT = {
    "liveshop.core.url",
    "liveshop.edge.http.modules",
    "liveshop.edge.http.page_bundles",
    "liveshop.edge.http.page_files",
    "liveshop.stores.postgres.queries",
}
# In JavaScript: a literal where an expression may begin, and its flags.
_LITERAL = re.compile(
    r"[(=,:!&|?]\s?/(?P<pattern>(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)/[a-z]*"
)


def _module_patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for path in package_sources():
        name = module_name(path)
        if name in _OUR_OWN_INPUT or name.endswith("__main__") or ".migrations." in name:
            continue
        if all(each.name.partition(".")[0] != "re" for each in imports(path)):
            continue  # any pattern that it knows is another module's
        for variable, kept in vars(importlib.import_module(name)).items():
            for each in kept.values() if isinstance(kept, dict) else (kept,):
                if isinstance(each, re.Pattern):
                    yield f"{name}.{variable}", each


def _page_patterns() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "liveshop" / "pages").rglob("*.js")):
        if "vendor" not in path.parts:
            for literal in _LITERAL.finditer(path.read_text(encoding="utf-8")):
                yield path.name, literal["pattern"]


# The names of patterns that all of a text has to match.
_WHOLE = {
    f"{module_name(path)}.{found}"
    for path in package_sources()
    for found in re.findall(r"\b(\w+)\.fullmatch\(", path.read_text(encoding="utf-8"))
}
_PATTERNS = {
    (where, each.pattern, int(each.flags & ~re.UNICODE)) for where, each in _module_patterns()
}
_PATTERNS |= {("a field", each, 0) for each in PATTERN_WORDS}
_PATTERNS |= {("a path", compile_path(each.path)[0].pattern, 0) for each in operations(VOCABULARY)}
_PATTERNS |= {
    # Letters and digits of all scripts are Python's words, near enough.
    (where, each.replace(r"\p{L}\p{N}", r"\w"), int(re.MULTILINE))
    for where, each in _page_patterns()
}


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [pytest.param(text, flags, id=f"{where} {text}") for where, text, flags in sorted(_PATTERNS)],
)
def test_a_search_for_a_pattern_of_ours_takes_no_longer_than_its_input(
    pattern: str, flags: int
) -> None:
    assert guilty_word(pattern, flags) is None


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        pytest.param(text, flags, id=f"{where} {text}")
        for where, text, flags in sorted(_PATTERNS)
        if where in _WHOLE
    ],
)
def test_to_match_a_whole_text_takes_no_longer_than_it_is(pattern: str, flags: int) -> None:
    assert guilty_word(pattern, flags, whole=True) is None


def test_the_patterns_are_those_of_the_package_and_its_pages() -> None:
    modules = {where.rpartition(".")[0] for where, _, _ in _PATTERNS}
    csv = "liveshop.features.catalogue_import"
    assert {f"{csv}.prose", f"{csv}.products", "liveshop.core.words"} <= modules
    assert {"liveshop.core.money._PLAIN", f"{csv}.products._URL"} <= _WHOLE
    assert {"playlist.js", "i18n.js"} <= {where for where, _, _ in _PATTERNS}


def test_every_pattern_is_compiled_where_it_can_be_looked_at() -> None:
    allowed = {("liveshop/core/fields.py", "re.match(PLAIN, text)")}
    wrong = []
    for path in package_sources():
        at_import = {
            node
            for statement in tree(path).body
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            for node in map(ast.dump, ast.walk(statement))
        }
        wrong += [
            f"{short(path)}:{node.lineno} {ast.unparse(node)}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call)
            and re.fullmatch(r"re\.(?!escape)\w+", ast.unparse(node.func))
            and ast.dump(node) not in at_import
            and (short(path), ast.unparse(node)) not in allowed
        ]
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        (r"\s*<li>", "\t"),  # it once read the bullets of a description
        (r"\s+$", "\t\t"),
        (r"(a*)*b", "a"),
        (r"(a+)+b", "a"),
        (r"(?:a|ab|b)*c", "ba"),
        (r"^(\w+\s?)*$", "0"),
        (r"x*x*y", "x"),
        (r"<!--.*?-->", "<!--\x00"),
        (r"=.*;", "=\x00"),
    ],
)
def test_a_pattern_that_two_loops_share_is_found_with_what_to_repeat(
    pattern: str, word: str
) -> None:
    assert guilty_word(pattern) == word


@pytest.mark.parametrize(
    "pattern",
    [r"\n{3,}", r"[^\S\n]+", r"<li>(?:\s|<p>)*", r"</?[a-z]+>", r"^(ab)*c", r"^a*b\Z", r"a.*"],
)
def test_a_pattern_whose_loops_share_nothing_or_cannot_fail_is_acquitted(pattern: str) -> None:
    assert guilty_word(pattern) is None
