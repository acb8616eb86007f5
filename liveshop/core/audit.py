"""The questions that `liveshop audit` asks, and what a finding means."""

from collections.abc import Mapping
from dataclasses import dataclass


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

    Each query is asked as those of `stores/audit/books.sql` are.
    """

    queries: Mapping[str, str]
    checks: Mapping[str, Check]

    def __post_init__(self) -> None:
        assert self.queries.keys() == self.checks.keys(), "a query without its meaning"
