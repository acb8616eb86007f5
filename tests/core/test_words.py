"""The words that a search and a chat's blocked words go by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core import limits
from liveshop.core.words import WordFilter, folded, words_of
from tests.fuzz.bounds import calls_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ocean Blue Shirt ocean-blue-shirt", ["ocean", "blue", "shirt"]),
        ("Μπλέ ΠΟΥΚΆΜΙΣΟ", ["μπλε", "πουκαμισο"]),
        ("蓝色 shirt", ["蓝", "色", "shirt"]),
        ("a_b 100%", ["a", "b", "100"]),
        ("!? —", []),
    ],
)
def test_words_are_without_case_accents_and_signs(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_what_cannot_be_seen_and_how_wide_it_is_makes_no_difference() -> None:
    assert folded("  ＢＡＤ\u200bword \t Again ") == "badword again"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("that is a SCAM.", True),
        ("sca\u200bm", True),
        ("scampi for dinner", False),
        ("cheap  Follow\u0301ers here", True),
        ("a \N{MATHEMATICAL BOLD CAPITAL S}\N{BLACK-LETTER CAPITAL C}AM", True),
        ("这是假货啊", True),
        ("всё обман!", True),
        ("обманщик", False),
        ("", False),
    ],
)
def test_a_blocked_word_is_found_as_a_whole(text: str, found: bool) -> None:
    words = WordFilter(["Scam", "cheap followers", "假货", "Обман", ""])
    assert words.finds(text) is found


def test_without_words_nothing_is_found() -> None:
    assert WordFilter().finds("anything") is False


def test_a_word_of_signs_is_taken_for_what_it_is() -> None:
    assert WordFilter(["a.c (x"]).finds("an a.c (x here") is True
    assert WordFilter(["a.c"]).finds("abc") is False


def _found_one_by_one(words: list[str], text: str) -> bool:
    """Whether a word is in a text, by a search for each."""
    spaceless = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
    for word in filter(None, map(folded, words)):
        before = "" if spaceless.match(word[0]) else r"(?<!\w)"
        after = "" if spaceless.match(word[-1]) else r"(?!\w)"
        if re.search(before + re.escape(word) + after, folded(text)):
            return True
    return False


_few = st.text("ab の!_ɐ\u0301", max_size=6)


@given(st.lists(_few, max_size=6), st.text("ab の!_ɐ\u0301", max_size=24))
def test_all_words_at_once_are_found_as_one_by_one(words: list[str], text: str) -> None:
    assert WordFilter(words).finds(text) is _found_one_by_one(words, text)


@pytest.mark.parametrize(
    "text",
    ["\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}", "a ", "a\u0301", "\u0301", "の", "\u200d"],
)
def test_how_many_words_are_blocked_makes_a_message_no_dearer(text: str) -> None:
    said = (text * limits.CHAT_CHARS_MAX)[: limits.CHAT_CHARS_MAX]

    def work(count: int) -> int:
        words = [folded(said)[:20] + f" {number:018}" for number in range(count)]
        filter_ = WordFilter(words)
        return calls_of(lambda: filter_.finds(said))

    assert work(limits.BLOCKED_WORDS_MAX) == work(1)
