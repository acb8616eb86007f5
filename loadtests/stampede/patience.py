"""How long buyers wait for an answer, and what they do then."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Patience:
    """Tracks who still waits: after `seconds` every second one gives up, the others ask again.

    The others ask with the same rid, once, and wait as long again. A message for a purchase
    that was given up is no longer anybody's. `asked_ns` is when each was asked for the last time.
    """

    seconds: float
    asked_ns: dict[int, int] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    asked_again: int = 0
    _answers_due: dict[int, int] = field(default_factory=dict)
    _waiting: deque[tuple[int, int]] = field(default_factory=deque)

    def ask(self, number: int, due_ns: int) -> None:
        """Note that a purchase is asked for, at the instant that it was due."""
        self.asked_ns[number] = due_ns
        self._answers_due[number] = self._answers_due.get(number, 0) + 1
        self._waiting.append((due_ns + int(self.seconds * 1e9), number))

    def is_answered(self, number: int, answer: str) -> bool:
        """Return True if an answer is the purchase's last, whatever the other asking comes to.

        A refusal of one asking says nothing about the other.
        """
        self._answers_due[number] -= 1
        return answer == "confirmed" or not self._answers_due[number]

    def lose(self, now_ns: int, is_final: Callable[[int], bool]) -> Iterator[int]:
        """Let those give up whose time is over; yield the purchases to ask for again."""
        while self._waiting and self._waiting[0][0] <= now_ns:
            _, number = self._waiting.popleft()
            if is_final(number):
                continue
            if number % 2 and self._answers_due[number] == 1:
                self.asked_again += 1
                yield number
            else:
                self.given_up.add(number)
