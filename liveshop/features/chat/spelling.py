"""How a chat reads what is written: as letters, whatever dress they come in.

Case, width and what cannot be seen make no difference, nor do accents, nor letters that look like
Latin ones. A mark that makes another letter stays: だ is not た, й is not и, ñ is not n.

Accents are the marks of Latin, Greek and Cyrillic, the points of Hebrew and the vowel signs of
Arabic, which people leave out. In Latin and Cyrillic a letter with a mark stays if an alphabet
sorts it as a letter of its own (see `lookalikes`). Marks of other scripts always stay.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from liveshop.core.unseen import BLANK, IGNORABLE, UNSEEN, Characters
from liveshop.features.chat.lookalikes import CAPITALS, LOOKALIKES, OWN_LETTERS

# The kinds of characters, a letter each.
LETTER: Final = "l"
DIGIT: Final = "d"
MARK: Final = "m"  # it belongs to the letter before
# Of scripts without spaces: a letter, what belongs to the one before, to the one after, to both.
BARE: Final = "z"
BARE_AFTER: Final = "n"
BARE_BEFORE: Final = "j"
BARE_BETWEEN: Final = "b"
SIGN: Final = "p"
APOSTROPHE: Final = "a"
CLAUSE: Final = "c"  # it parts clauses where no spaces do
SPACE: Final = " "

# Han, kana and their neighbours, Yi, and the scripts of South East Asia (the class SA of UAX 14).
_BARE: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf"
    "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3040-\u312f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uf900-\ufaff"
    "\U00011700-\U0001174f\U00016fe0-\U00018dff\U0001aff0-\U0001b2ff\U00020000-\U0003ffff]"
)
# Vowels of Thai and Lao that are letters to Unicode, and signs that set the next letter below.
_AFTER: Final = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3")
_BEFORE: Final = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
_BETWEEN: Final = frozenset("\u17d2\u1039\u1a60")
_CLAUSES: Final = frozenset("、。「」『』《》〈〉【】〔〕・…")
_APOSTROPHES: Final = frozenset("'`‘’ʼʻ՚׳ꞌ")

# Marks that go, whatever they stand on, and the colours of skin of emoji.
_ACCENTS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u08ca-\u08e1\u08e3-\u08ff\U0001f3fb-\U0001f3ff]"
)
# Letters that are one to their readers and two to keyboards or old fonts: Arabic's and Romanian's.
# Then kana that are drawn like Han characters, by the same table as other look-alikes.
_SAME: Final[Mapping[str, str]] = {
    **dict(zip("أإآٱىیکڪ", "ااااييكك", strict=True)),
    **dict(zip("șţ", "şț", strict=True)),
    **dict(zip("カエロニハトタイヘー", "力工口二八卜夕亻へ一", strict=True)),
    # Signs that keyboards choose themselves, or that look alike.
    **dict.fromkeys(_APOSTROPHES, "'"),
    **dict.fromkeys("‐‒–−", "-"),
    **dict.fromkeys("⁄∕", "/"),
}
_LATIN: Final = {
    chr(int(point, 16)): letter for letter, points in LOOKALIKES.items() for point in points.split()
}
_CAPITALS: Final = {
    int(point, 16): letter for letter, points in CAPITALS.items() for point in points.split()
}
_IS_CAPITAL: Final = re.compile(f"[{''.join(map(chr, _CAPITALS))}]")
# Signs that look like a bar, which may be an l or an i.
_BARS: Final = str.maketrans("∣│", "||")
# Marks as signs of their own: those of kana belong to the letter before, others separate.
_STANDING: Final = {"゛": "\u3099", "゜": "\u309a", **dict.fromkeys("´΄", "'")}
# Punctuation of Han and kana, kept apart from that of other scripts until its kind is known.
_WIDE: Final = dict(zip("，．！？；：（）", map(chr, range(0xF8F0, 0xF8F8)), strict=True))
_NARROW: Final = {ord(kept): unicodedata.normalize("NFKC", wide) for wide, kept in _WIDE.items()}


# Two letters are a flag, so that one is not found in the end of a flag and the start of the next.
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_BEFORE_FLAG: Final = "\uf8ff"
_UNUSUAL: Final = re.compile(
    f"[{IGNORABLE}{BLANK}{''.join(_STANDING)}{''.join(_WIDE)}\U0001f1e6-\U0001f1ff]"
)
_SIGNS: Final = re.compile(
    f"(?:[^\\w\\s{''.join(sorted(_APOSTROPHES | _CLAUSES | set(_WIDE.values())))}]|_)+"
)
_SPACED_OUT: Final = re.compile(r" \w\W+\w(?:\W|$)")
_OTHER_DIGIT: Final = re.compile(r"[^\D0-9]")
# Digits, bars and a capital i, with those of old and of mathematical sets of characters.
_DISGUISE: Final = re.compile(
    r"[\dI|∣│\u00b9\u2070-\u209f\u2160-\u217f\u2460-\u24ff\uff29\uff5c\uffe8"
    r"\U0001d400-\U0001d7ff]"
)
_KEPT: Final = re.compile(f"[{''.join(_WIDE.values())}]")


class Reading:
    """A text as it is compared, its words with one blank between, and each character's kind.

    `written` still has the wide commas and points of Han and kana, `text` has narrow ones.
    """

    __slots__ = ("_kinds", "text", "written")

    def __init__(self, text: str, written: str, kinds: str | None = None) -> None:
        self.text = text
        self.written = written
        self._kinds = kinds

    @property
    def kinds(self) -> str:
        """The kinds of the characters, which few texts are asked for."""
        if self._kinds is None:
            self._kinds = _kinds_of(self.written)
        return self._kinds


def read(text: str) -> Reading:
    """Return how a text is read."""
    if text.isascii():
        plain = " ".join(text.lower().replace("`", "'").split())
        return Reading(plain, plain)
    if _UNUSUAL.search(text):
        text = _FLAG.sub(rf"{_BEFORE_FLAG}\g<0>", text.translate(_SHOWN))
    # Composed last: a mark counts as one of another letter only together with its letter.
    letters = unicodedata.normalize("NFKC", text).casefold()
    letters = unicodedata.normalize("NFKC", letters).translate(_LETTERS)
    written = " ".join(letters.split())
    return Reading(written.translate(_NARROW) if _KEPT.search(written) else written, written)


def noted(text: str) -> str:
    """Return a text as it is kept: without case, width and what cannot be seen, with its marks."""
    shown = unicodedata.normalize("NFKC", UNSEEN.sub("", text)).casefold()
    return " ".join(unicodedata.normalize("NFKC", shown).split())


def may_be_broken(reading: Reading) -> bool:
    """Return True if there may be signs within a word, or words of a letter each.

    Few texts are; to be sure takes their kinds.
    """
    text = reading.written
    for found in _SIGNS.finditer(text):
        if (first := found.start()) and found.end() < len(text):
            before, after = text[first - 1], text[found.end()]
            if not (before.isspace() or after.isspace() or (before.isdigit() and after.isdigit())):
                return True
    return _SPACED_OUT.search(f" {text}") is not None


def has_odd_capitals(text: str) -> bool:
    """Return True if a capital looks like another letter than its small one: Н like H, н not."""
    return not text.isascii() and _IS_CAPITAL.search(text) is not None


def with_plain_capitals(text: str) -> str:
    """Return a text with the letters that such capitals look like."""
    return text.translate(_CAPITALS)


def may_be_disguised(text: str) -> bool:
    """Return True if something in a text may stand for an o, an l or an i; few texts have any."""
    return _DISGUISE.search(text) is not None


def with_plain_digits(text: str) -> str:
    """Return a text with digits and letters of any width and script of digits as plain ones."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text).translate(_BARS)
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.digit(found[0])), plain)


def _kinds_of(text: str) -> str:
    if text.isascii():
        return text.encode().translate(_ASCII_KINDS).decode()
    return text.translate(_KINDS)


def _shown(character: str) -> str:
    if UNSEEN.match(character):
        return ""
    return _WIDE.get(character) or _STANDING.get(character, character)


def _letter(character: str) -> str:
    """Return what a letter of a composed text without case is compared as."""
    if _ACCENTS.match(character) or UNSEEN.match(character):
        return ""
    if character in _SAME:
        return _SAME[character]
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.digit(character))
    base, *marks = list(unicodedata.normalize("NFD", character))
    if marks and _ACCENTS.match(marks[0]) and not "\u0590" < base < "\u0700":
        own = (unicodedata.normalize("NFC", base + mark) for mark in marks)
        character = next((each for each in own if each in OWN_LETTERS), base)
        character = _SAME.get(character, character)
    return _LATIN.get(character, character)


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    bare = _BARE.match(character)
    if character in _BEFORE:
        return BARE_BEFORE
    if character in _BETWEEN:
        return BARE_BETWEEN
    if character in _AFTER or (bare and category[0] == "M"):
        return BARE_AFTER
    if category[0] == "M":
        return MARK
    if category[0] in "LN":
        return BARE if bare else DIGIT if category[0] == "N" else LETTER
    if category[0] == "Z":
        return SPACE
    if character in _CLAUSES or ord(character) in _NARROW:
        return CLAUSE
    return APOSTROPHE if character in _APOSTROPHES else SIGN


_SHOWN: Final = Characters(_shown)
_LETTERS: Final = Characters(_letter)
_KINDS: Final = Characters(_kind)
_ASCII_KINDS: Final = "".join(map(_kind, map(chr, range(128)))).encode() + bytes(128)
