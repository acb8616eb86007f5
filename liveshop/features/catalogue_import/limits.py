"""The limits of an import."""

from typing import Final

CSV_ROW_BYTES_MAX: Final = 524_288
CSV_BYTES_MAX: Final = 268_435_456
CSV_ROWS_MAX: Final = 1_000_000
CSV_RECOVERIES_MAX: Final = 20
INVENTORY_VARIANTS_MAX: Final = 200_000
BAD_ROWS_LISTED_MAX: Final = 10_000
NOTES_LISTED_MAX: Final = 1_000
REMARKS_PER_READING_MAX: Final = 1_000  # bad rows and notes
IMPORT_VARIANTS_PER_COMMIT: Final = 250
IMPORT_CHARS_PER_COMMIT: Final = 131_072  # of descriptions
IMPORT_CHUNK_CPU_MS_MAX: Final = 5_000  # 64 KiB of a file, which take milliseconds
IMPORT_MS_MAX: Final = 900_000
IMPORT_WAIT_MS_MAX: Final = 10_000
IMPORTS_AT_ONCE_MAX: Final = 2  # of a shop, on a node
IMPORTS_OF_ALL_MAX: Final = 4  # at once, on a node
IMPORTS_WAITING_MAX: Final = 10  # for a turn, each with the beginning of its file in memory
IMPORT_GAP_MS: Final = 1_000  # between the beginnings of two, on a node
IMPORT_REST_PERCENT: Final = 300  # of the time that a portion took
IMPORT_REST_MS_MAX: Final = 100
DESCRIPTION_HTML_CHARS_MAX: Final = 131_072  # of an import, before its markup is gone
