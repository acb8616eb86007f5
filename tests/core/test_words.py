"""The words that a search goes by."""

import pytest

from liveshop.core.words import folded, words_of


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
