"""The words in a text, as a search finds them."""

import re
import unicodedata

# Scripts that are written without spaces: each character counts as a word of its own.
_SPACELESS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_BLANKS = re.compile(r"\s+")


def folded(text: str) -> str:
    """Return a text as it is compared: without case, accents, width, or what cannot be seen."""
    if text.isascii():
        # All the rest would change nothing, and take four times as long.
        return _BLANKS.sub(" ", text.lower()).strip()
    # Decomposed first: the letters of mathematics have no case before that.
    letters = unicodedata.normalize("NFKD", text).casefold()
    seen = "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf"))
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", seen)).strip()


def words_of(text: str) -> list[str]:
    """Return the words of a text, each once, in their order."""
    return list(dict.fromkeys(_WORD.findall(folded(text))))
