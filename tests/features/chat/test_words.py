"""The words that a chat refuses: which messages they are found in, and what that costs."""

import re
import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core import limits
from liveshop.features.chat.lookalikes import LOOKALIKES, OWN_LETTERS
from liveshop.features.chat.spelling import read
from liveshop.features.chat.words import WordFilter
from tests.features.chat.spoken import SAID, Said
from tests.fuzz.bounds import calls_of


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.word} in {said.message}")
def test_a_message_passes_or_does_not_for_the_reason_given(said: Said) -> None:
    assert WordFilter([said.word]).finds(said.message) is not said.passes, said.why


def test_the_table_has_120_lines_in_14_scripts() -> None:
    letters = {c for said in SAID for c in said.message if unicodedata.category(c)[0] == "L"}
    scripts = {unicodedata.name(c).split()[0] for c in letters}
    scripts -= {"FULLWIDTH", "HALFWIDTH", "MATHEMATICAL", "DOUBLE-STRUCK", "MODIFIER"}
    assert len(scripts) >= 14, scripts
    assert len(set(SAID)) == len(SAID) >= 120


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.word} in {said.message}")
def test_other_blocked_words_change_nothing(said: Said) -> None:
    others = [f"{character}\u4e00\u0e01x" for character in "abcdefgh\u3042\u0430"]
    assert WordFilter([*others, said.word, "", "\u200b"]).finds(said.message) is not said.passes


def test_a_message_is_found_by_each_of_its_words() -> None:
    words = WordFilter(["cheap followers", "假货", "обман"])
    said = ("cheap  Follow\u0301ers here", "这是假货啊", "всё обман!", "nothing of it")
    assert [words.finds(message) for message in said] == [True, True, True, False]


def test_without_words_nothing_is_found() -> None:
    assert WordFilter().finds("anything") is False
    assert WordFilter(["", "\u200b", " "]).finds("anything") is False


def test_a_word_of_signs_is_taken_for_what_it_is() -> None:
    assert WordFilter(["a.c (x"]).finds("an a.c (x here") is True
    assert WordFilter(["a.c"]).finds("abc") is False


def test_no_two_letters_of_an_alphabet_become_one() -> None:
    alphabets = (
        "abcdefghijklmnopqrstuvwxyzäåçëñöüăąćčđęğıłńøřśşšźżžæœơưþð",
        "αβγδεζηθικλμνξοπρστυφχψω",
        "абвгдежзийклмнопрстуфхцчшщъыьэюя",
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "абвгдђежзијклљмнњопрстћуфхцчџш",
        "аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщыіэюя",
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
        "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
        "אבגדהוזחטיכלמנסעפצקרשת",
    )
    for alphabet in alphabets:
        assert len({read(letter).text for letter in alphabet}) == len(alphabet), alphabet


def test_a_letter_looks_like_one_other_at_most() -> None:
    points = [point for each in LOOKALIKES.values() for point in each.split()]
    assert len(points) == len(set(points)) > 300
    assert set(OWN_LETTERS) >= set("äåçñöüłăğşšž" + "йўї") - {"ł"}


def _found_one_by_one(words: list[str], text: str) -> bool:
    """Whether a word is in a text of letters, blanks and kana, by a search for each."""
    for word in filter(None, (read(word).text for word in words)):
        before = "" if word[0] == "の" else "(?<![abc])"
        after = "" if word[-1] == "の" else "(?![abc])"
        if re.search(before + re.escape(word) + after, read(text).text):
            return True
    return False


# Of so few letters, no word is longer than two and none has a sign within.
_few = st.text("ab の\u0301", max_size=2)


@given(st.lists(_few, max_size=6), st.text("ab の!\u0301", max_size=24))
def test_all_words_at_once_are_found_as_one_by_one(words: list[str], text: str) -> None:
    if _found_one_by_one(words, text):
        assert WordFilter(words).finds(text) is True


@given(st.lists(st.text("abc", min_size=1, max_size=4)), st.text("abc ", max_size=24))
def test_in_words_of_several_letters_nothing_else_is_found(words: list[str], text: str) -> None:
    several = " ".join(word for word in text.split() if len(word) > 1)
    assert WordFilter(words).finds(several) is _found_one_by_one(words, several)


_DEAR = (
    *("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}", "a ", "a\u0301", "\u0301", "の"),
    *("\u200d", "a.", "a_b.", "1a", "I", "aI", "0", "の ", "，の", "\U0001f1e6", "'a", "Н"),
)


@pytest.mark.parametrize("text", _DEAR)
def test_how_many_words_are_blocked_makes_a_message_no_dearer(text: str) -> None:
    said = (text * limits.CHAT_CHARS_MAX)[: limits.CHAT_CHARS_MAX]

    def work(count: int) -> int:
        words = [read(said).text[:20] + f" {number:018}" for number in range(count)]
        filter_ = WordFilter(words)
        filter_.finds(said)  # characters are worked out once
        return calls_of(lambda: filter_.finds(said))

    assert work(limits.BLOCKED_WORDS_MAX) == work(1)


@pytest.mark.parametrize(("text", "between"), list(product(_DEAR, ("", " "))))
def test_twice_the_message_is_twice_the_work(text: str, between: str) -> None:
    words = WordFilter(["scam", "follow me", "t.me/", "の", "aıa", "a a a a a a a"])

    def work(chars: int) -> int:
        said = ((text + between) * chars)[:chars]
        words.finds(said)
        return calls_of(lambda: words.finds(said))

    assert work(2_000) <= 2 * work(1_000) + 50
