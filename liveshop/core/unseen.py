"""Whether others can be shown a text: it can be seen, and it spoils no text around it."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from liveshop.core.limits import CHARACTERS_KNOWN_MAX, MARKS_PILED_MAX

# Characters that show nothing (the property Default_Ignorable_Code_Point): joiners,
# fillers of Hangul, selectors, tags, shorthand and notation controls.
IGNORABLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Others that show nothing, whatever their category says: braille, hieroglyphs and notes left blank.
BLANK: Final = "\u2800\ufffc\U00013441\U00013442\U0001d159"
UNSEEN: Final = re.compile(f"[{IGNORABLE}{BLANK}]")
# They turn the text around them. The marks (U+200E, U+200F, U+061C), which keyboards for Hebrew,
# Arabic and Persian write, only say where one character belongs.
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Characters(dict[int, str]):
    """A table for `str.translate` that works out each character once.

    It keeps so many that those of any language find room; strangers could send a million others.
    """

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, point: int) -> str:
        outcome = self._of(chr(point))
        if len(self) < CHARACTERS_KNOWN_MAX:
            self[point] = outcome
        return outcome


def flaw_of(text: str) -> str | None:
    """Return why others cannot be shown a text, in words that follow its name; None if they can."""
    if text.isascii():  # controls are refused before
        return "has nothing to see" if not text or text.isspace() else None
    if _TURNS.search(text):
        return "turns the direction of the text around it (U+202A to 202E, U+2066 to 2069)"
    kinds = text.translate(_KINDS)
    if _SEEN not in kinds:
        return "has nothing to see"
    if _PILE.search(kinds):
        return f"has more than {MARKS_PILED_MAX} marks on one letter"
    return None


# For each character a letter of these: it shows, it is a mark above or below another, or it shows
# nothing without others. The last do not end a pile of marks, but blanks do.
_SEEN: Final = "v"
_MARK: Final = "m"
_NOTHING: Final = "n"
_BLANK: Final = " "
_PILE: Final = re.compile(f"(?:{_MARK}{_NOTHING}*){{{MARKS_PILED_MAX + 1}}}")
# Signs before numbers, which Unicode counts among the format controls, show.
_SIGNS: Final = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")


def _kind(character: str) -> str:
    if UNSEEN.match(character):
        return _NOTHING
    match unicodedata.category(character):
        case "Mn" | "Me":
            return _MARK
        case "Mc":
            return _NOTHING
        case "Cf":
            return _SEEN if _SIGNS.match(character) else _NOTHING
        case "Zs" | "Zl" | "Zp" | "Cc":
            return _BLANK
        case _:  # of a newer Unicode than this Python's, too: emoji come every year
            return _SEEN


_KINDS: Final = Characters(_kind)
