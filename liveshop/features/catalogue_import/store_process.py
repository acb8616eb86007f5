"""The process that reads one product CSV, started by `store_program.py`.

It takes the file on its standard input and writes what it makes of it to its standard output:
one JSON object a line, each a `Reading`. Its parent is `store_reader.py`.

Each file pays for all that is imported here, and below. A test has the list.
"""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, NoReturn

from liveshop.core.catalogue import BadRow, ImportedProduct
from liveshop.core.errors import BadRequest
from liveshop.core.wire import encode_one
from liveshop.features.catalogue_import import limits, shopify
from liveshop.features.catalogue_import.csv_rows import lines_of
from liveshop.features.catalogue_import.rules import Reading

_CHUNK_BYTES: Final = 65_536


def main() -> NoReturn:
    """Read the file, and end with it."""
    items = shopify.parse(lines_of(timed(_chunks(sys.stdin.buffer))), sys.argv[1])
    answer(items, sys.stdout.buffer)
    # To tidy up takes an interpreter 10 ms, a sixth of the time for a small file.
    os._exit(0)


def answer(items: Iterable[ImportedProduct | BadRow], output: BinaryIO) -> None:
    """Write a file's readings, of which the last is `whole` or has the file's `refusal`."""
    try:
        for reading in readings(items):
            _write(reading, output)
    except BadRequest as refusal:
        _write(Reading(refusal=refusal.message), output)
    else:
        _write(Reading(whole=True), output)


def readings(items: Iterable[ImportedProduct | BadRow]) -> Iterator[Reading]:
    """Return products and bad rows in portions that the parent reads and commits at once.

    Bad rows that no report lists are only counted.
    """
    listed = 0
    products: list[ImportedProduct] = []
    bad: list[BadRow] = []
    variants = chars = bad_rows = 0
    for item in items:
        if isinstance(item, BadRow):
            bad_rows += 1
            if listed < limits.BAD_ROWS_LISTED_MAX:
                listed += 1
                bad.append(item)
        else:
            products.append(item)
            variants += len(item.variants)
            chars += len(item.description)
        if (
            variants >= limits.IMPORT_VARIANTS_PER_COMMIT
            or chars >= limits.IMPORT_CHARS_PER_COMMIT
            or bad_rows >= limits.BAD_ROWS_LISTED_MAX
        ):
            yield Reading(products=products, bad=bad, bad_rows=bad_rows)
            products, bad = [], []
            variants = chars = bad_rows = 0
    if products or bad_rows:
        yield Reading(products=products, bad=bad, bad_rows=bad_rows)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]
        yield chunk


def timed(chunks: Iterable[bytes], cpu_ms: int = limits.IMPORT_CHUNK_CPU_MS_MAX) -> Iterator[bytes]:
    """Yield chunks of a file; one that takes too long ends the process by an uncaught alarm.

    The time is this process' own, so that neither a busy machine nor a slow upload counts. It is
    not that of one product, or a million empty rows would be taken for a row that hangs.
    """
    for chunk in chunks:
        signal.setitimer(signal.ITIMER_VIRTUAL, cpu_ms / 1000)
        yield chunk
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_ms / 1000)


def _write(reading: Reading, output: BinaryIO) -> None:
    output.write(encode_one(reading) + b"\n")
    output.flush()
