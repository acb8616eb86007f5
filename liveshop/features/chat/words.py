"""The words that a chat refuses, and how they are found in what people say."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from liveshop.features.chat.spelling import (
    APOSTROPHE,
    BARE,
    BARE_AFTER,
    BARE_BEFORE,
    BARE_BETWEEN,
    DIGIT,
    LETTER,
    MARK,
    SIGN,
    SPACE,
    Reading,
    has_odd_capitals,
    may_be_broken,
    may_be_disguised,
    read,
    with_plain_capitals,
    with_plain_digits,
)

_IN_WORDS: Final = f"{LETTER}{DIGIT}{MARK}"
_IN_BARE: Final = f"{BARE}{BARE_AFTER}{BARE_BEFORE}{BARE_BETWEEN}"
_IN_ANY: Final = _IN_WORDS + _IN_BARE
# Joined from fewer letters, words would be found in any two initials.
_JOINED_CHARS_MIN: Final = 3
# In the kinds of a text: signs, which may part a word, and a word with such signs in it.
_BREAK: Final = re.compile(f"[{SIGN}{APOSTROPHE}]+")
_WORD: Final = re.compile(f"[{_IN_ANY}]+")
_RUN: Final = re.compile(f"[{_IN_ANY}{SIGN}{APOSTROPHE}]+")
_PAIR: Final = re.compile(f"[{_IN_ANY}][{SIGN}{APOSTROPHE}]+[{_IN_ANY}]")
# A syllable of Hangul, or a letter of one, is no size and no initial.
_HANGUL: Final = re.compile("[\u1100-\u11ff\uac00-\ud7a3]")
# Within a word the table of look-alikes takes a 1, a bar and a capital i for an l, a 0 for an o.
_DISGUISES: Final = re.compile(r"[01|]+|I+")
_ALPHABETS: Final = "A-Za-z\u00c0-\u024f\u0370-\u058f"  # those that have such letters
_DISGUISED: Final = re.compile(f"[01I|](?:(?<=[{_ALPHABETS}].)|(?<!I)(?=[{_ALPHABETS}]{{2}}))")
_BETWEEN: Final = re.compile(r"(?:[^\w\s|]|_)+")
_SIGNS_FOR_LETTERS: Final = frozenset("01|")
_AS_L: Final = str.maketrans("01I|", "olll")
_AS_I: Final = str.maketrans("01I|", "oiii")


class WordFilter:
    """Finds blocked words in what people say.

    A word is found as a whole, so that one inside a longer word does no harm; in scripts that are
    written without spaces it is found anywhere between two letters. An edge is looked for only
    where the word has a letter or digit: `t.me/` is found before more of an address.

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
        readings = list(map(read, words))
        for word in dict.fromkeys(each for reading in readings for each in _spellings(reading)):
            self._add(word)
        self._link()
        # Readings that only words with these can be found in are spared without them.
        self._spaced = any(" " in reading.text for reading in readings)
        self._dotless = any("ı" in reading.text for reading in readings)

    def finds(self, text: str) -> bool:
        """Return True if a blocked word is in the text."""
        if not self._children[0]:
            return False
        for written in self._letters(text):
            reading = read(written)
            if self._finds(reading, whole=True):
                return True
            if not may_be_broken(reading):
                continue
            if any(self._finds(each, whole=True) for each in self._mended(reading)):
                return True
            if any(self._finds(each, whole=False) for each in _spelled(reading)):
                return True
        return False

    def _letters(self, text: str) -> Iterator[str]:
        """Yield the ways in which the letters of a text may be meant; mostly that is one."""
        yield text
        if has_odd_capitals(text):
            yield with_plain_capitals(text)
        if may_be_disguised(text):
            plain = with_plain_digits(text)
            for disguised in dict.fromkeys((plain, _BETWEEN.sub(_unparted, plain))):
                if _DISGUISED.search(disguised):
                    yield from _meant(disguised)
        if self._dotless and "I" in text:
            yield text.replace("I", "ı")

    def _mended(self, reading: Reading) -> Iterator[Reading]:
        """Yield a text without the signs within its words, and with blanks in their place."""
        if breaks := _breaks(reading):
            yield _replaced(reading, breaks, "")
            if self._spaced:
                yield _replaced(reading, breaks, SPACE)

    def _finds(self, reading: Reading, *, whole: bool) -> bool:
        """Return True if a word is in a reading; `whole`: with its edges."""
        children, fallback, lengths = self._children, self._fallback, self._lengths
        node = 0
        for at, character in enumerate(reading.text):
            while node and character not in children[node]:
                node = fallback[node]
            node = children[node].get(character, 0)
            if lengths[node] and _has_edges(reading.kinds, at, lengths[node], whole=whole):
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


def _spellings(word: Reading) -> Iterator[str]:
    """Yield how a blocked word is looked for: as it is, and without signs between its letters."""
    if word.text:
        yield word.text
    ends = word.kinds[:1] + word.kinds[-1:]
    if (breaks := _breaks(word)) and all(kind in _IN_ANY for kind in ends):
        yield _replaced(word, breaks, "").text


def _spelled(reading: Reading) -> Iterator[Reading]:
    """Yield the words of a text that are spelled out, with something between each two letters."""
    kinds, run = reading.kinds, list[re.Match[str]]()
    for found in _WORD.finditer(kinds):
        if found[0][0] in (LETTER, BARE) and not found[0][1:].strip(MARK + BARE_AFTER):
            run.append(found)
            continue
        yield from _joined(reading, run)
        run = []
    yield from _joined(reading, run)


def _joined(reading: Reading, letters: list[re.Match[str]]) -> Iterator[Reading]:
    """Yield the word of so many letters; without spaces two of them are enough."""
    enough = _JOINED_CHARS_MIN if letters and letters[0][0][0] == LETTER else 2
    if len(letters) >= enough:
        text = "".join(reading.text[slice(*found.span())] for found in letters)
        yield Reading(text, text, "".join(found[0] for found in letters))


def _breaks(reading: Reading) -> list[re.Match[str]]:
    """Return the signs within words that do not belong there.

    An apostrophe does, or "he'll" would be another word. A point between digits does, and the one
    sign of a word of two letters: S/M is a size.
    """
    kinds, breaks = reading.kinds, list[re.Match[str]]()
    for run in _RUN.finditer(kinds):
        first = run.end() - len(run[0].lstrip(SIGN + APOSTROPHE))
        word = run[0].strip(SIGN + APOSTROPHE)
        # One letter, signs and another letter; a syllable of Hangul is no initial.
        if _PAIR.fullmatch(word) and not _HANGUL.match(reading.text, first):
            continue
        breaks += [
            found
            for found in _BREAK.finditer(kinds, first, first + len(word))
            if SIGN in found[0] and not kinds[found.start() - 1] == kinds[found.end()] == DIGIT
        ]
    return breaks


def _replaced(reading: Reading, breaks: Iterable[re.Match[str]], by: str) -> Reading:
    text, kinds, after = [], [], 0
    for found in breaks:
        text += [reading.text[after : found.start()], by]
        kinds += [reading.kinds[after : found.start()], by]
        after = found.end()
    text.append(reading.text[after:])
    kinds.append(reading.kinds[after:])
    whole = "".join(text)
    return Reading(whole, whole, "".join(kinds))


def _unparted(found: re.Match[str]) -> str:
    """Return signs within a text, nothing where they part a 0, a 1 or a bar from its word."""
    text, first, end = found.string, found.start(), found.end()
    before, after = text[max(first - 1, 0) : first], text[end : end + 1]
    parts = {before, after} & _SIGNS_FOR_LETTERS and (before + after).replace("|", "l").isalnum()
    is_number = before.isdecimal() and after.isdecimal()
    return "" if before and after and parts and not is_number else found[0]


def _meant(text: str) -> Iterator[str]:
    """Yield a text with the letters that signs within its words may be meant for."""
    for meant in (_AS_L, _AS_I):
        undisguised = _DISGUISES.sub(partial(_undisguised, meant), text)
        if undisguised != text:
            yield undisguised


def _undisguised(meant: dict[int, int], found: re.Match[str]) -> str:
    """Return what signs within a word are meant for; a number, or a capital word, is what it is."""
    text, first, end = found.string, found.start(), found.end()
    before, after = text[max(first - 2, 0) : first], text[end : end + 2]
    if found[0][0] == "I":
        within = before[-1:].islower() or (before[-1:].isalpha() and after[:1].islower())
    elif len(found[0]) == 1:
        within = (
            (before[-1:].isalpha() and after[:1].isalpha())
            or (not before[-1:].isalnum() and len(after) == 2 and after.isalpha())
            or (not after[:1].isalnum() and len(before) == 2 and before.isalpha())
        )
    else:
        within = before[-1:].isalpha() and after[:1].isalpha()
    return found[0].translate(meant) if within else found[0]


def _has_edges(kinds: str, last: int, lengths: tuple[int, ...], *, whole: bool) -> bool:
    """Return True if a word of one of these lengths ends at a place and is no part of another."""
    for length in lengths:
        first = last + 1 - length
        if whole:
            if _begins(kinds, first) and _ends(kinds, last):
                return True
        elif length >= _JOINED_CHARS_MIN or kinds[first] in _IN_BARE:
            return True
    return False


def _begins(kinds: str, at: int) -> bool:
    """Whether a word can begin at a place: no letter that belongs to its first is before it."""
    if not at or kinds[at] not in _IN_ANY:
        return True
    bound = BARE_BEFORE + BARE_BETWEEN if kinds[at] in _IN_BARE else _IN_WORDS
    return kinds[at - 1] not in bound


def _ends(kinds: str, at: int) -> bool:
    """Whether a word can end at a place: no mark of its last letter, and no letter, follows."""
    if at + 1 == len(kinds) or kinds[at] not in _IN_ANY:
        return True
    following = kinds[at + 1]
    if following in (MARK, BARE_AFTER, BARE_BETWEEN):
        return False
    return kinds[at] in _IN_BARE or following not in _IN_WORDS
