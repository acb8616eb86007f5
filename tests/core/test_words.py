"""The words that a search goes by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.text(st.characters(max_codepoint=127)))
def test_a_text_of_ascii_is_compared_as_any_other(text: str) -> None:
    # An accent, which makes no difference, keeps it off the short way of ASCII.
    assert folded(text) == folded(text + "\u0301")


def test_what_cannot_be_seen_and_how_wide_it_is_makes_no_difference() -> None:
    assert folded("  ＢＡＤ\u200bword \t Again ") == "badword again"
