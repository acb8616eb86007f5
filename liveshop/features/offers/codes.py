"""The words that name offers: how they are compared."""

from typing import Final

# A viewer reads a word off a screen, where these look alike.
_ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def folded(code: str) -> str:
    """Return what two words have in common that are taken for one."""
    return code.upper().translate(_ALIKE)


def is_name(code: str) -> bool:
    """Whether a code is the name of an offer, as in "@63", and no word."""
    return code.startswith("@")
