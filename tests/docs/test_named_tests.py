"""The pages name tests and planted bugs such as there are; the glossary is in order."""

import re
from pathlib import Path

import pytest

from tests.crash.schedules import KINDS
from tests.planted.faults import FAULTS

_ROOT = Path(__file__).parents[2]
_REBUILD = (_ROOT / "docs" / "rebuild.md").read_text(encoding="utf-8")
_PAGES = (_ROOT / "docs" / "pages.md").read_text(encoding="utf-8")
_GLOSSARY = (_ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
_QUOTED = [" ".join(name.split()) for name in re.findall(r"“([^”]+)”", _REBUILD)]
_WORDS = re.findall(r"^\| ([^|]+?) \|", _GLOSSARY, re.MULTILINE)[1:]


@pytest.mark.parametrize("test", sorted(set(re.findall(r"`(tests/\S+::\w+)`", _REBUILD + _PAGES))))
def test_a_test_that_the_argument_of_the_rebuild_or_the_page_about_pages_names_is_there(
    test: str,
) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (_ROOT / file).read_text(encoding="utf-8")


def test_what_the_argument_of_the_rebuild_quotes_is_a_planted_bug_or_a_kind_of_crash_run() -> None:
    named = {fault.name for fault in FAULTS} | set(KINDS)
    assert [name for name in _QUOTED if name not in named] == ["new epoch, nothing written"]
    assert len(_QUOTED) > 20


def test_the_glossary_is_in_the_order_of_the_alphabet_and_has_each_word_once() -> None:
    assert sorted(set(_WORDS), key=str.lower) == _WORDS


def test_what_a_line_of_the_glossary_sets_in_italics_has_a_line_of_its_own() -> None:
    lines = {re.sub(r" \(.*", "", word).lower() for word in _WORDS}
    table = _GLOSSARY[_GLOSSARY.index("|") :]
    used = {word.lower() for word in re.findall(r"\*([^*|\n]+)\*", table)}
    assert [word for word in used if not {word, word[:-1], word[:-2]} & lines] == []
