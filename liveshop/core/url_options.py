"""Options of a store's URL that an operator should not write: inert ones, and unknown ones."""

from collections.abc import Iterable, Mapping


def refuse_inert(name: str, inert: Mapping[str, str]) -> None:
    """Raise ValueError for an option without effect; `inert` says why, by names in small letters.

    If it were passed over, its operator would believe in a time-out or a pool that is not there.
    """
    why = inert.get(name.lower())
    if why is not None:
        raise ValueError(f"its option {name} has no effect: {why}; leave it out")


def unknown(name: str, known: Iterable[str]) -> ValueError:
    """Return the refusal of an option that is none of those that are known."""
    return ValueError(f"it has no option {name}; there are {', '.join(sorted(known))}")
