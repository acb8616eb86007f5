"""The English of docstrings, comments, messages and documents, as far as a program can tell."""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, short, sources

# What each rule refuses. A question may begin with one of the words of the first.
_RULES = {
    "a sentence has a noun as its subject": re.compile(
        r"(?:^(?:\s*(?:[-*]|[0-9]+\.)\s)?|[.;:]\s+)"
        r"(?:Who|What|Whoever|Whatever|Whose|Whom)\b(?![^.?!]*\?)",
        re.MULTILINE,
    ),
    "a predicate's docstring begins with “Whether” or “Return True if”": re.compile(
        r"\b[Tt]ell(?:s)? whether\b"
    ),
    "again": re.compile(r"(?i)\banew\b"),
    "no longer": re.compile(
        r"(?i)\b(?:no|any) more\b(?! than)(?=[.,;:)\n]|$|\s+(?:and|or|if|than)\b)"
    ),
    "automatically, or on its own": re.compile(r"(?i)\bby (?:itself|themselves)\b"),
    "even so": re.compile(r"(?i)\ball the same\b"),
    "too": re.compile(r"(?i)\bas well\b(?! as)"),
    "next to, besides, or while": re.compile(r"(?i)\bbeside\b"),
    "only": re.compile(r"(?i)\balone\b"),
}
_EXAMPLES = {
    "a sentence has a noun as its subject": (
        "Who loses decides again.",
        "- Whoever is bound may.",
        "It ends: What is held …",
    ),
    "a predicate's docstring begins with “Whether” or “Return True if”": ("Tell whether it is.",),
    "again": ("Read it anew.",),
    "no longer": ("It is sold no more.", "it is sold no more", "Nobody waits any more, and"),
    "automatically, or on its own": ("It ends by itself.",),
    "even so": ("It is told all the same.",),
    "too": ("Hosts hear of it as well.",),
    "next to, besides, or while": ("Buyers beside them.", "Beside each of them, …"),
    "only": ("It is for hosts alone.",),
}
_ALLOWED = ("What becomes of it?", "Read what is left.", "no more than five", "as well as that")
_JS_COMMENT = re.compile(r"/\*(.*?)\*/|(?<![:\"'`])//([^\n]*)", re.DOTALL)
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def _python(path: Path) -> Iterator[str]:
    """Yield the comments and docstrings of a module; comments that follow each other are one.

    Of the package the texts too: messages of errors and of the command line are among them.
    """
    text, block, last = path.read_text(), list[str](), -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1:
                yield " ".join(block)
                block = []
            block.append(token.string.lstrip("#: "))
            last = token.start[0]
    yield " ".join(block)
    is_ours = path.is_relative_to(ROOT / "liveshop")
    for node in ast.walk(ast.parse(text)):
        if is_ours and isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value if " " in node.value else ""
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _texts(path: Path) -> Iterator[str]:
    """Yield what a person reads in a file."""
    match path.suffix:
        case ".py":
            yield from _python(path)
        case ".lua" | ".sql":
            for line in path.read_text().splitlines():
                if line.lstrip().startswith("--"):
                    yield line.lstrip("- ")
        case ".js":
            for block, line in _JS_COMMENT.findall(path.read_text()):
                yield (block or line).strip("* ")
        case ".json":
            for message in json.loads(path.read_text()).values():
                told = message.values() if isinstance(message, dict) else [message]
                # A single word is a label, and no sentence: Who, What, When.
                yield from (text for text in told if " " in text)
        case ".md":
            yield path.read_text()


@cache
def _read() -> list[tuple[Path, str]]:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/README.md")]
    messages = (ROOT / "liveshop").glob("**/messages/en.json")
    files = [*sources(".py", ".lua", ".sql", ".js"), *sorted(documents), *sorted(messages)]
    return [
        (path, _CODE.sub("`…`", text))
        for path in files
        if path != Path(__file__)
        for text in _texts(path)
    ]


def _broken(rule: re.Pattern[str], text: str) -> list[str]:
    return [text[max(0, found.start() - 20) : found.end() + 50] for found in rule.finditer(text)]


@pytest.mark.parametrize("rule", _RULES)
def test_no_text_breaks_a_rule_of_the_english(rule: str) -> None:
    broken = [
        f"{short(path)}: …{found!r}…"
        for path, text in _read()
        for found in _broken(_RULES[rule], text)
    ]
    assert broken == [], "\n".join(broken)


@pytest.mark.parametrize("rule", _RULES)
def test_a_rule_sees_its_examples_and_nothing_that_is_right(rule: str) -> None:
    assert all(_broken(_RULES[rule], example) for example in _EXAMPLES[rule])
    assert not any(_broken(_RULES[rule], text) for text in _ALLOWED)
