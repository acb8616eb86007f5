"""The words in a text: a search finds them, and a chat's blocked words are compared with them."""

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

    All words are looked for at once, as Aho and Corasick do ("Efficient String Matching", 1975):
    the time is that of the text, however many words there are. One after the other, 200 words
    took a node 10 ms for a message of 200 ligatures that are 18 letters each.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        # A tree of all words, node 0 its root: where a character leads, the node of the longest
        # other beginning of a word that one ends in, and the lengths of the words that end there.
        self._children: list[dict[str, int]] = [{}]
        self._fallback = [0]
        self._lengths: list[tuple[int, ...]] = [()]
        for word in dict.fromkeys(map(folded, words)):
            if word:
                self._add(word)
        self._link()

    def finds(self, text: str) -> bool:
        """Return True if a blocked word is in the text."""
        children, fallback, lengths = self._children, self._fallback, self._lengths
        if not children[0]:
            return False
        text = folded(text)
        node = 0
        for at, character in enumerate(text):
            while node and character not in children[node]:
                node = fallback[node]
            node = children[node].get(character, 0)
            if lengths[node] and _stands_alone(text, at, at + 1):
                for length in lengths[node]:
                    start = at + 1 - length
                    if _stands_alone(text, start, start - 1):
                        return True
        return False

    def _add(self, word: str) -> None:
        node = 0
        for character in word:
            following = self._children[node].get(character)
            if following is None:
                following = self._children[node][character] = len(self._children)
                self._children.append({})
                self._fallback.append(0)
                self._lengths.append(())
            node = following
        self._lengths[node] = (len(word),)

    def _link(self) -> None:
        nodes = list(self._children[0].values())
        for node in nodes:  # nearer ones before those that are further from the root
            for character, child in self._children[node].items():
                nodes.append(child)
                shorter = self._fallback[node]
                while shorter and character not in self._children[shorter]:
                    shorter = self._fallback[shorter]
                fallback = self._children[shorter].get(character, 0)
                self._fallback[child] = fallback
                self._lengths[child] += self._lengths[fallback]


def _stands_alone(text: str, edge: int, beyond: int) -> bool:
    """Whether a word whose first or last character is at `edge` ends there."""
    if not 0 <= beyond < len(text) or _IS_SPACELESS.match(text[edge]):
        return True
    return not (text[beyond].isalnum() or text[beyond] == "_")
