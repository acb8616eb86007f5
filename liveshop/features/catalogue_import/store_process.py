"""The process that reads one product CSV, started by `stores/child_program.py`.

It takes the file on its standard input and writes what it makes of it to its standard output:
one JSON object a line, each a `Reading`. Its parent is `store_reader.py`.

Each file pays for all that is imported here, and below. A test has the list.
"""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, NoReturn

from liveshop.core.catalogue import BadRow, ImportedProduct, ImportedStock, RowNote
from liveshop.core.errors import BadRequest
from liveshop.features.catalogue_import import limits, shopify
from liveshop.features.catalogue_import.csv_rows import lines_of
from liveshop.features.catalogue_import.rows import Item
from liveshop.features.catalogue_import.rules import Reading, line_of

_CHUNK_BYTES: Final = 65_536


def main() -> NoReturn:
    """Read the file, and end with it."""
    items = shopify.parse(lines_of(timed(_chunks(sys.stdin.buffer))), sys.argv[1])
    answer(items, sys.stdout.buffer)
    # To tidy up takes an interpreter 10 ms, a sixth of the time for a small file.
    os._exit(0)


def answer(items: Iterable[Item], output: BinaryIO) -> None:
    """Write a file's readings, of which the last is `whole` or has the file's `refusal`."""
    try:
        for reading in readings(items):
            _write(reading, output)
    except BadRequest as refusal:
        _write(Reading(refusal=refusal.message), output)
    else:
        _write(Reading(whole=True), output)


def readings(items: Iterable[Item]) -> Iterator[Reading]:
    """Return what a file has in portions that the parent reads and commits at once.

    Bad rows and notes that no report lists are only counted.
    """
    portion = _Portion(limits.BAD_ROWS_LISTED_MAX, limits.NOTES_LISTED_MAX)
    for item in items:
        portion.take(item)
        if portion.is_full():
            yield portion.reading()
            portion = _Portion(portion.bad_listed, portion.notes_listed)
    if not portion.is_empty():
        yield portion.reading()


class _Portion:
    """A reading in the making, and how many bad rows and notes may be listed after it."""

    def __init__(self, bad_listed: int, notes_listed: int) -> None:
        self.bad_listed = bad_listed
        self.notes_listed = notes_listed
        self._products: list[ImportedProduct] = []
        self._stock: list[ImportedStock] = []
        self._bad: list[BadRow] = []
        self._notes: list[RowNote] = []
        self._bad_kinds: dict[str, int] = {}
        self._note_kinds: dict[str, int] = {}
        self._variants = self._chars = self._remarks = 0

    def take(self, item: Item) -> None:
        match item:
            case ImportedProduct():
                self._products.append(item)
                self._variants += len(item.variants)
                self._chars += len(item.description) + sum(map(len, item.more_images))
            case ImportedStock():
                self._stock.append(item)
                self._variants += 1
            case BadRow():
                self._remarks += 1
                self._bad_kinds[item.kind] = self._bad_kinds.get(item.kind, 0) + 1
                if self.bad_listed > 0:
                    self.bad_listed -= 1
                    self._bad.append(item)
            case RowNote():
                self._remarks += 1
                self._note_kinds[item.kind] = self._note_kinds.get(item.kind, 0) + 1
                if self.notes_listed > 0:
                    self.notes_listed -= 1
                    self._notes.append(item)

    def is_full(self) -> bool:
        """Whether it has as much as the parent reads, or commits, in one turn."""
        return (
            self._variants >= limits.IMPORT_VARIANTS_PER_COMMIT
            or self._chars >= limits.IMPORT_CHARS_PER_COMMIT
            or self._remarks >= limits.REMARKS_PER_READING_MAX
        )

    def is_empty(self) -> bool:
        return not (self._products or self._stock or self._remarks)

    def reading(self) -> Reading:
        return Reading(
            products=self._products,
            stock=self._stock,
            bad=self._bad,
            bad_kinds=self._bad_kinds,
            notes=self._notes,
            note_kinds=self._note_kinds,
        )


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
    output.write(line_of(reading))
    output.flush()
