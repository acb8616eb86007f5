"""The limits of rehearsals: each step brings the whole state."""

from typing import Final

REHEARSAL_BYTES_MAX: Final = 2_097_152
REHEARSALS_PER_CALLER_MAX: Final = 2  # at a time
REHEARSALS_AT_ONCE_MAX: Final = 32  # on a node
REHEARSAL_WORKERS_MAX: Final = 1  # a second one would take more of the processor from buyers
REHEARSAL_RATE: Final = (10, 30)  # of a caller: (a second, burst)
REHEARSED_ORDERS_MAX: Final = 200  # that can be cancelled
