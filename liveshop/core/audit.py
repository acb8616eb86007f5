"""The questions that `liveshop audit` asks, and what a finding means."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Looks at one session or all on a connection: yields the session and what is wrong, each once.
Look = Callable[[Any, str | None], AsyncIterator[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at: which promise it guards, and what to do where it fails.

    `mends`: a repair can compute it again from what else is known.
    """

    promise: str
    todo: str
    mends: bool = False


@dataclass(frozen=True, slots=True)
class AuditFile:
    """A file of a feature's checks: its queries, and what a finding of each means, by their names.

    Each query is asked as those of `stores/audit/books.sql` are, and as of the same instant. The
    `looks` find out things that no query can.
    """

    queries: Mapping[str, str]
    checks: Mapping[str, Check]
    looks: Mapping[str, Look] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = {*self.queries, *self.looks}
        assert named == self.checks.keys(), "a query without its meaning"
