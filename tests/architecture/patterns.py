"""Whether a regular expression can take time that grows faster than its input.

A matcher that backtracks takes the square of the input where two loops can share one run of it:
there are states p and q and a word that leads from p to p, from p to q and from q to q, and what
follows q can fail (Weideman et al., "Analyzing Matching Time Behavior of Backtracking Regular
Expression Matchers", 2016). In a search p may also be the loop over where to begin: `\\s*<li>` is
tried at each blank of a long run, and each time to the end of the run.

Look-arounds and `$` may hold or not, and a possessive repeat counts as a plain one, so a pattern
may be found guilty that is not. None of ours needs the benefit of that doubt.
"""

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, Final

# Python's own reader of patterns; they have no types.
sre: Final[Any] = importlib.import_module("re._constants")
parser: Final[Any] = importlib.import_module("re._parser")

_COPIES_MAX: Final = 255
_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_NOT_DIGIT: lambda c: not c.isdecimal(),
    sre.CATEGORY_WORD: lambda c: c.isalnum() or c == "_",
    sre.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
}
_CHARACTER: Final = (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY)
_REPEAT: Final = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
# Edges that need no character: of course, where the input ends, or if an assertion holds.
_FREE, _AT_END, _MAYBE = range(3)


def guilty_word(pattern: str, flags: int = 0, *, whole: bool = False) -> str | None:
    """Return what a hostile input repeats, or None where the time grows as the input does.

    `whole` is for a pattern that all of a text has to match; any other is searched for.
    """
    return _Automaton(pattern, flags, whole=whole).guilty_word()


class _Automaton:
    """A pattern's states by number: 0 is where a match begins, 1 is where it has succeeded."""

    def __init__(self, pattern: str, flags: int, *, whole: bool) -> None:
        items: Any = parser.parse(pattern, flags)
        self._flags = items.state.flags
        self._alphabet = sorted(set(_samples(items)) | set(map(chr, range(128))) | set("é中٣ǅ"))
        self._eats: list[list[tuple[frozenset[str], int]]] = [[], []]
        self._free: list[list[tuple[int, int]]] = [[], []]
        # Each pair of loops asks again: without them one pattern of ours takes a minute.
        self._closures: dict[tuple[int, tuple[int, ...]], dict[int, int]] = {}
        self._steps_of: dict[tuple[int, str], tuple[int, ...]] = {}
        self._end(items, whole=whole)
        anchored = (
            bool(items)
            and items[0][0] is sre.AT
            and items[0][1]
            in (
                sre.AT_BEGINNING,
                sre.AT_BEGINNING_STRING,
            )
        )
        if not whole:
            self._begin_anywhere(at_lines=anchored)
        self._alphabet = self._representatives()
        self._loops = [state for state in range(len(self._eats)) if self._returns(state)]

    def guilty_word(self) -> str | None:
        """Return a word that two loops share, what follows which can fail."""
        for first in self._loops:
            if self._twice(first) and self._can_fail(first):
                return self._word_between((first,), (first,)) or ""
            for second in self._loops:
                if first != second and self._reaches(first, second) and self._can_fail(second):
                    word = self._word_between((first, first, second), (first, second, second))
                    if word is not None:
                        return word
        return None

    # The states

    def _end(self, items: Any, *, whole: bool) -> None:
        """Add all, and the end: that of the input, of a line with `$`, or none at all."""
        of_line = bool(items) and items[-1] == (sre.AT, sre.AT_END) and not whole
        end = self._add_all(items[:-1] if of_line else items, 0)
        self._free[end].append((_AT_END if whole or of_line else _FREE, 1))
        if of_line:
            newline = self._state()
            self._eats[end].append((frozenset("\n"), newline))
            kind = _FREE if self._flags & re.MULTILINE else _AT_END
            self._free[newline].append((kind, 1))

    def _state(self) -> int:
        self._eats.append([])
        self._free.append([])
        return len(self._eats) - 1

    def _begin_anywhere(self, *, at_lines: bool) -> None:
        """Add the loop of a search; one for `^` without MULTILINE gives up at once elsewhere."""
        if at_lines and not self._flags & re.MULTILINE:
            return
        everything = frozenset(self._alphabet)
        loop = self._state()
        self._eats[loop].append((everything, loop))
        if at_lines:
            line = self._state()
            self._eats[loop].append((frozenset("\n"), line))
            self._free[line].append((_FREE, 0))
        else:
            self._free[loop].append((_FREE, 0))

    def _add_all(self, items: Iterable[Any], start: int) -> int:
        """Add a sequence that begins in a state; return the state after it."""
        for op, argument in items:
            start = self._add(op, argument, start)
        return start

    def _add(self, op: Any, argument: Any, start: int) -> int:
        if op in _REPEAT:
            least, most, items = argument
            return self._repeat(least, most, items, start)
        if op is sre.SUBPATTERN:
            return self._add_all(argument[3], start)
        if op is sre.ATOMIC_GROUP:
            return self._add_all(argument, start)
        end = self._state()
        if op in _CHARACTER:
            taken = frozenset(c for c in self._alphabet if self._takes(op, argument, c))
            self._eats[start].append((taken, end))
        elif op is sre.BRANCH:
            for items in argument[1]:
                self._free[self._add_all(items, start)].append((_FREE, end))
        elif op is sre.AT and argument is sre.AT_END_STRING:
            self._free[start].append((_AT_END, end))
        elif op is sre.AT and argument in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING):
            self._free[start].append((_FREE, end))
        else:
            assert op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT), f"{op} is not understood"
            self._free[start].append((_MAYBE, end))
        return end

    def _repeat(self, least: int, most: Any, items: Any, start: int) -> int:
        for _ in range(least):
            start = self._add_all(items, start)
        end = self._state()
        if most is sre.MAXREPEAT:
            loop = self._state()
            self._free[start].append((_FREE, loop))
            self._free[self._add_all(items, loop)].append((_FREE, loop))
            self._free[loop].append((_FREE, end))
            return end
        assert most - least <= _COPIES_MAX, "a count that high is a loop"
        self._free[start].append((_FREE, end))
        for _ in range(most - least):
            start = self._add_all(items, start)
            self._free[start].append((_FREE, end))
        return end

    def _takes(self, op: Any, argument: Any, character: str) -> bool:
        cases = {character}
        if self._flags & re.IGNORECASE:
            cases |= {character.lower(), character.upper()}
        if op is sre.ANY:
            return character != "\n" or bool(self._flags & re.DOTALL)
        if op is sre.IN:
            negated = argument[0][0] is sre.NEGATE
            return negated != any(_has(item, c) for item in argument[negated:] for c in cases)
        return any(_has((sre.LITERAL, argument), c) for c in cases) != (op is sre.NOT_LITERAL)

    def _representatives(self) -> list[str]:
        """Return one character of all that every state treats alike."""
        sets = [taken for edges in self._eats for taken, _ in edges]
        kinds = {tuple(c in taken for taken in sets): c for c in reversed(self._alphabet)}
        return list(kinds.values())

    # Ways between states

    def _closure(self, state: int, kinds: tuple[int, ...]) -> dict[int, int]:
        """Return the states that are reached without a character, and in how many ways."""
        known = self._closures.get((state, kinds))
        if known is not None:
            return known
        ways: dict[int, int] = {}
        waiting: list[tuple[int, frozenset[int]]] = [(state, frozenset())]
        while waiting:
            at, before = waiting.pop()
            ways[at] = ways.get(at, 0) + 1
            if ways[at] > 2:
                continue
            waiting += [
                (to, before | {at})
                for kind, to in self._free[at]
                if kind in kinds and to not in before
            ]
        self._closures[state, kinds] = ways
        return ways

    def _succeeds(self, state: int, *, at_end: bool) -> bool:
        return 1 in self._closure(state, (_FREE, _AT_END) if at_end else (_FREE,))

    def _steps(self, state: int, character: str) -> tuple[int, ...]:
        """Return the states that a character leads to; a match that has succeeded goes nowhere."""
        known = self._steps_of.get((state, character))
        if known is None:
            known = self._steps_of[state, character] = tuple(
                to
                for at in self._closure(state, (_FREE, _MAYBE))
                for taken, to in self._eats[at]
                if character in taken and not self._succeeds(to, at_end=False)
            )
        return known

    def _reached(self, state: int) -> set[int]:
        seen: set[int] = set()
        waiting = [state]
        while waiting:
            at = waiting.pop()
            new = {to for c in self._alphabet for to in self._steps(at, c)} - seen
            seen |= new
            waiting += new
        return seen

    def _returns(self, state: int) -> bool:
        return state in self._reached(state)

    def _reaches(self, first: int, second: int) -> bool:
        return second in self._reached(first)

    def _twice(self, state: int) -> bool:
        """Whether a character can be reached in two ways that take none, as in `(a*)*`."""
        ways = self._closure(state, (_FREE, _MAYBE))
        return any(count > 1 and self._eats[at] for at, count in ways.items())

    def _word_between(self, begin: tuple[int, ...], end: tuple[int, ...]) -> str | None:
        """Return a word that leads from each of some states to that of others in its place."""
        seen: set[tuple[int, ...]] = set()
        waiting = [(begin, "")]
        for states, word in waiting:
            for character in self._alphabet:
                for way in product(*(self._steps(state, character) for state in states)):
                    if way == end:
                        return word + character
                    if way not in seen:
                        seen.add(way)
                        waiting.append((way, word + character))
        return None

    def _can_fail(self, state: int) -> bool:
        """Whether some input makes a match that has come to a state fail."""
        seen: set[frozenset[int]] = set()
        waiting = [frozenset({state})]
        for states in waiting:
            if not any(self._succeeds(each, at_end=True) for each in states):
                return True
            for character in self._alphabet:
                after = {
                    to
                    for each in states
                    for at in self._closure(each, (_FREE,))
                    for taken, to in self._eats[at]
                    if character in taken
                }
                if any(self._succeeds(to, at_end=False) for to in after):
                    continue
                if not after:
                    return True
                if frozenset(after) not in seen:
                    seen.add(frozenset(after))
                    waiting.append(frozenset(after))
        return False


def _has(item: tuple[Any, Any], character: str) -> bool:
    op, argument = item
    if op is sre.LITERAL:
        return bool(ord(character) == argument)
    if op is sre.RANGE:
        return bool(argument[0] <= ord(character) <= argument[1])
    assert op is sre.CATEGORY, f"{op} is not understood"
    return bool(_CATEGORIES[argument](character))


def _samples(items: Any) -> Iterator[str]:
    """Yield characters at the edges of all that a pattern names."""
    for part in items if isinstance(items, list | tuple | parser.SubPattern) else ():
        match part:
            case (sre.LITERAL | sre.NOT_LITERAL, int(code)):
                yield from map(chr, {max(0, code - 1), code, min(code + 1, 0x10FFFF)})
            case (sre.RANGE, (low, high)):
                for code in (low - 1, low, high, high + 1):
                    yield chr(min(max(0, code), 0x10FFFF))
            case _:
                yield from _samples(part)
