"""The words in a text: what a search finds, and what a chat's blocked words are compared with."""

import re
import unicodedata
from collections.abc import Iterable

# Scripts that are written without spaces: each character counts as a word of its own.
_SPACELESS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_BLANKS = re.compile(r"\s+")
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")


def folded(text: str) -> str:
    """Return a text as it is compared: without case, accents, width, or what cannot be seen."""
    # Decomposed first: the letters of mathematics have no case before that.
    letters = unicodedata.normalize("NFKD", text).casefold()
    seen = "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf"))
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", seen)).strip()


def words_of(text: str) -> list[str]:
    """Return the words of a text, each once, in their order."""
    return list(dict.fromkeys(_WORD.findall(folded(text))))


class WordFilter:
    """Finds blocked words in what people say.

    A word is found as a whole, so that one inside a longer word does no harm; in scripts that are
    written without spaces it is found anywhere.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        patterns = [_pattern(word) for word in map(folded, words) if word]
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def finds(self, text: str) -> bool:
        """Tell whether a blocked word is in the text."""
        return self._pattern is not None and self._pattern.search(folded(text)) is not None


def _pattern(word: str) -> str:
    before = "" if _IS_SPACELESS.match(word[0]) else r"(?<!\w)"
    after = "" if _IS_SPACELESS.match(word[-1]) else r"(?!\w)"
    return before + re.escape(word) + after
