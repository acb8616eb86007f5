"""Only the purchase path, at its limit."""

from typing import Final

PRICE: Final = 5_000  # in minor units, of everything that is sold here, by whichever way
