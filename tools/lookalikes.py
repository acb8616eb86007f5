"""Write which letters a chat takes for which others, from Unicode's tables and CLDR's alphabets.

    python -m venv /tmp/icu && /tmp/icu/bin/pip install icukit-pyicu==78.3.1
    /tmp/icu/bin/python -m tools.lookalikes

ICU carries both: the table of confusable characters (UTS 39), and of each language its alphabet and
which of its letters are sorted as letters of their own. The result is a module of the chat, whose
head names the versions.
"""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Final

import icu

_TARGET: Final = Path(__file__).parents[1] / "liveshop" / "features" / "chat" / "lookalikes.py"

# The alphabets that count. Hardly a letter is used for a disguise that is in no alphabet at all.
_LANGUAGES: Final = (
    "en es pt fr de it nl ca gl eu da nb nn sv fi et lv lt is ga cy mt pl cs sk sl hr bs sq ro hu "
    "tr az uz tk vi fil id ms sw af zu so ha ig yo ru uk be bg sr mk kk ky tg mn tt uz_Cyrl ba os "
    "ce el hy ka"
).split()
# On a vowel these write stress, tone or length, whatever an alphabet makes of it.
_STRESS: Final = set("\u0300\u0301\u0302\u0303\u0304\u0309\u0311\u0323")
_VOWELS: Final = set("aeiouy")
# Russian sorts it as a letter with a mark, and is mostly written without; others are not.
_OPTIONAL: Final = {"ё"}
# Letters of these scripts are taken for Latin ones. Others have marks, or no spaces, or run from
# right to left: a Latin word with one of them does not look like one.
_SCRIPTS: Final = (
    "LATIN GREEK CYRILLIC COPTIC ARMENIAN CHEROKEE LISU DESERET OSAGE WARANG TIFINAGH RUNIC GOTHIC "
    "LYCIAN CARIAN OLD ELBASAN CANADIAN NEGATIVE"
).split()
_LATIN: Final = {"rn": "m"}  # the table writes m as two letters; here they stay two


def _folded(character: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())


class _Table:
    """The table of confusable characters, without the marks that it tells letters apart by."""

    def __init__(self) -> None:
        self._checker = icu.SpoofChecker()
        # The table has small capitals as letters of their own; whoever reads them does not.
        self._small = {
            self._skeleton(unicodedata.lookup(f"LATIN LETTER SMALL CAPITAL {letter}")): letter
            for letter in "ABDEFGHIJKLMNOPQRTUVWYZ"
        }

    def direct(self, character: str) -> str:
        """Return the Latin letter that a character looks like by the table, or nothing."""
        name = unicodedata.name(character, "")
        if name.startswith("NEGATIVE ") and " LATIN CAPITAL LETTER " in name:
            letter = name[-1].lower()
        else:
            looks = self._skeleton(character)
            letter = _LATIN.get(looks, looks).lower()
        return letter if len(letter) == 1 and letter in ascii_lowercase else ""

    def by_capital(self, character: str) -> str:
        """Return the Latin letter whose small capital a character looks like, or nothing."""
        return self._small.get(self._skeleton(character), "").lower()

    def plain(self, character: str) -> bool:
        """Return True if the table writes a character as one without a mark."""
        return len(self._checker.getSkeleton(0, character)) == len(self._skeleton(character))

    def _skeleton(self, character: str) -> str:
        looks = self._checker.getSkeleton(0, character)
        return "".join(each for each in looks if unicodedata.category(each)[0] != "M")


def _letters(language: str) -> set[str]:
    exemplars = icu.LocaleData(language).getExemplarSet(0, 0)
    return {each.lower() for each in exemplars if len(each.lower()) == 1}


def _sorted_apart(language: str, letters: set[str]) -> Iterator[str]:
    """Yield the letters with a mark that a language sorts as letters of their own."""
    order = icu.Collator.createInstance(icu.Locale(language))
    order.setStrength(icu.Collator.PRIMARY)
    for letter in letters - _OPTIONAL:
        base, *marks = list(unicodedata.normalize("NFD", letter))
        if len(marks) == 1 and order.compare(letter, base) != 0:
            if not (base in _VOWELS and marks[0] in _STRESS):
                yield letter


def _look(alphabets: dict[str, set[str]]) -> dict[str, str]:
    """Return the Latin letter for each lower-case one that looks like it.

    No two letters of an alphabet become one: the table's plain cases go first.
    """
    table, found = _Table(), dict[str, str]()
    latin = {each for each in set().union(*alphabets.values()) if _script(each) == "LATIN"}
    candidates = [
        (rank, character, letter)
        for character in _sources()
        if _folded(character) == character and character not in latin
        for rank, letter in ((0, table.direct(character)), (2, table.by_capital(character)))
        if letter
    ]
    candidates.sort(key=lambda each: (each[0] + (not table.plain(each[1])), each[1]))
    for _, character, letter in candidates:
        rivals = {other for other, taken in found.items() if taken == letter}
        own = [letters for letters in alphabets.values() if character in letters]
        if character not in found and not any(rivals & letters for letters in own):
            found[character] = letter
    return found


def _capitals(look: dict[str, str]) -> dict[str, str]:
    """Return the Latin letter for each capital that looks like another than its small one."""
    table = _Table()
    return {
        character: letter
        for character in _sources()
        if (small := _folded(character)) != character and len(small) == 1
        if unicodedata.normalize("NFKC", character) == character and table.plain(character)
        if _script(character) != "LATIN" and (letter := table.direct(character))
        if look.get(small) != letter
    }


def _sources() -> Iterator[str]:
    """Yield the letters that may be taken for Latin ones."""
    for point in range(0x80, 0x20000):
        character = chr(point)
        if _script(character) in _SCRIPTS and not unicodedata.decomposition(character):
            if unicodedata.category(character)[0] == "L" or _script(character) == "NEGATIVE":
                yield character


def _script(character: str) -> str:
    return unicodedata.name(character, "?").split()[0]


def _dictionary(name: str, says: str, look: dict[str, str]) -> Iterator[str]:
    yield f"# {says}"
    yield f"{name}: Final = {{"
    for letter in ascii_lowercase:
        points = [f"{ord(each):x}" for each in sorted(look) if look[each] == letter]
        rows = [points[first : first + 14] for first in range(0, len(points), 14)]
        if len(rows) == 1:
            yield f'    "{letter}": "{" ".join(rows[0])}",'
        elif rows:
            yield f'    "{letter}": ('
            yield from (f'        "{" ".join(row)}{" " * (row is not rows[-1])}"' for row in rows)
            yield "    ),"
    yield "}"


def main() -> None:
    """Write the module."""
    alphabets = {language: _letters(language) for language in _LANGUAGES}
    own = {
        each for language, letters in alphabets.items() for each in _sorted_apart(language, letters)
    }
    look = _look(alphabets)
    lines = [
        '"""Letters that look like others, and letters with marks that are letters of their own.',
        "",
        f"Made by `python -m tools.lookalikes` from ICU {icu.ICU_VERSION}: the confusable",
        f"characters of Unicode {icu.UNICODE_VERSION} (UTS 39), and CLDR's alphabets.",
        "Copyright © 1991-2025 Unicode, Inc., under the licence in UNICODE-LICENSE.txt.",
        '"""',
        "",
        "from typing import Final",
        "",
        "# Letters with a mark that an alphabet sorts as letters of their own, in lower case.",
        f'OWN_LETTERS: Final = "{"".join(sorted(own))}"',
        *_dictionary("LOOKALIKES", "By Latin letter: the code points of those taken for it.", look),
        *_dictionary(
            "CAPITALS",
            "The same for capitals that look like another letter than their small ones do.",
            _capitals(look),
        ),
        "",
    ]
    _TARGET.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
