"""Ballots that a node knows to be stored: a voter who asks again needs no store."""

from typing import TypeAlias

Key: TypeAlias = tuple[str, str, str]


class KnownBallots:
    """The choices that were asked for last, by session, thing and voter; at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        # In the order in which they were asked for.
        self._choices: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._choices)

    def get(self, key: Key) -> int | None:
        """Return a stored choice, None where it is not known here."""
        choice = self._choices.pop(key, None)
        if choice is not None:
            self._choices[key] = choice
        return choice

    def put(self, key: Key, choice: int) -> None:
        """Note a stored choice; the one that was asked for longest ago may go."""
        self._choices[key] = choice
        if len(self._choices) > self._most:
            del self._choices[next(iter(self._choices))]

    def forget(self, session_id: str) -> None:
        """Forget a session's: PostgreSQL may have gone back to an older copy."""
        self._choices = {key: each for key, each in self._choices.items() if key[0] != session_id}
