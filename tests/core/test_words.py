"""Words: what a search and a chat's blocked words go by."""

import pytest

from liveshop.core.words import WordFilter, folded, words_of


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
