"""Every limit of offers, its unit last in the name."""

from typing import Final

NAME: Final = "offers"

OFFERS_MAX: Final = 20  # announced or open
CLOSED_KEPT_MAX: Final = 50  # that may still be ordered by those who took them
OFFER_LABEL_CHARS_MAX: Final = 60
OFFER_PRODUCTS_MAX: Final = 100
USES_MAX: Final = 1_000_000
# Units of a row that only counts, for a limit of each buyer.
USES_UNLIMITED: Final = 1_000_000_000
PER_BUYER_MAX: Final = 1_000
BUDGET_MAX: Final = 2**31 - 1  # a column's
VIEWERS_MAX: Final = 1_000
PARTS_MIN: Final = 2
PARTS_MAX: Final = 6
STEPS_MAX: Final = 5
METHODS_MAX: Final = 20
BREAK_UNITS_MAX: Final = 1_000

OFFER_MS_MIN: Final = 5_000
OFFER_MS_MAX: Final = 86_400_000
STARTS_IN_MS_MAX: Final = 86_400_000
KEEP_MS_MIN: Final = 60_000
KEEP_MS_MAX: Final = 86_400_000
KEEP_MS_DEFAULT: Final = 900_000

# (a second, burst)
TAKE_RATE: Final = (2, 5)
PRICE_RATE: Final = (2, 4)
# Codes that are not there: (a minute, burst), of a viewer and of an address in a session on a node.
GUESSES_OF_VIEWER: Final = (5, 5)
GUESSES_OF_ADDRESS: Final = (50, 50)
