"""CSV from a stream of bytes: rows with the line they start on, whatever the rest is like."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from liveshop.features.catalogue_import.encodings import utf8_of, western_text
from liveshop.features.catalogue_import.limits import CSV_RECOVERIES_MAX, CSV_ROW_BYTES_MAX

_BOM = b"\xef\xbb\xbf"
# Excel's way to say it, in a line before the header.
_SEPARATOR_LINE = b"sep="
_SEPARATORS = ",;\t|"


class CsvRow(NamedTuple):
    """A row and the line it starts on, the header being 1.

    With a `fault` it could not be read, and the cells are what its first line looks like.
    Bytes that are not UTF-8 stand in the cells as lone surrogates, unless they were `western`:
    letters of Windows-1252.
    """

    line: int
    cells: list[str]
    fault: str | None = None
    western: bool = False


def lines_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Return the lines of a stream in UTF-8 or UTF-16, each with its end: LF, CRLF or CR.

    Of a line that is longer than a row may be, only so much is returned that this can be seen;
    the rest of it is passed over.
    """
    # A line may come in half a million chunks: the part that is there is neither copied nor
    # searched for each of them.
    rest = bytearray()
    for chunk in utf8_of(chunks):
        ended = rest.endswith(b"\r")  # unless LF is the next byte, which only now can be seen
        rest += chunk
        if ended or b"\n" in chunk or b"\r" in chunk:
            *whole, last = _split(bytes(rest))
            yield from (line[: CSV_ROW_BYTES_MAX + 1] for line in whole)
            rest[:] = last
        if not rest.endswith(b"\r"):
            del rest[CSV_ROW_BYTES_MAX + 1 :]
    # A CR at the very end was waiting for its LF.
    yield from (line[: CSV_ROW_BYTES_MAX + 1] for line in bytes(rest).splitlines(keepends=True))


def rows_of(lines: Iterable[bytes]) -> Iterator[CsvRow]:
    """Return the rows of a CSV file, of which no blank line is one.

    A row that cannot be read costs only itself: reading goes on at the line after the one where
    it started.
    """
    # Python's own limit is lower: a long cell would be read again as many rows that are none.
    csv.field_size_limit(CSV_ROW_BYTES_MAX)
    separator, lines, skipped = _separated(lines)
    source = _Lines(lines, skipped)
    reader = csv.reader(source, strict=True, delimiter=separator)
    while True:
        line = source.start_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            guess = source.recover().split(separator)
            yield CsvRow(line, guess, f"not readable as CSV: {exc}")
        else:
            if cells:
                yield CsvRow(line, cells, western=source.is_western)


def _separated(lines: Iterable[bytes]) -> tuple[str, Iterable[bytes], int]:
    """Return what separates the cells of a file, its lines, and how many of them were passed over.

    It is the one that the header has most of outside of quotes, or what a line before the header
    says.
    """
    source = iter(lines)
    first = next(source, b"")
    said = first.removeprefix(_BOM).strip(b'\r\n"')
    if said.startswith(_SEPARATOR_LINE) and len(said) > len(_SEPARATOR_LINE):
        separator = chr(said[len(_SEPARATOR_LINE)])
        if separator in _SEPARATORS:
            return separator, source, 1
    unquoted = b"".join(first.split(b'"')[::2])
    most = max(_SEPARATORS, key=lambda each: unquoted.count(each.encode()))
    return most, chain([first], source), 0


def _split(data: bytes) -> list[bytes]:
    lines = data.splitlines(keepends=True)
    # An LF may follow the CR in the next chunk.
    return lines if lines and not lines[-1].endswith(b"\n") else [*lines, b""]


class _Lines:
    """The lines that csv.reader pulls, with those of the row in hand kept for a second try."""

    def __init__(self, lines: Iterable[bytes], skipped: int) -> None:
        self.is_western = False  # some of the row in hand
        self._source = iter(lines)
        self._again: deque[bytes] = deque()
        self._row: list[bytes] = []
        self._row_bytes = 0
        self._number = skipped
        self._recoveries = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source)
        if self._number == 0:
            line = line.removeprefix(_BOM)
        self._number += 1
        self._row.append(line)
        self._row_bytes += len(line)
        if self._row_bytes > CSV_ROW_BYTES_MAX:
            raise csv.Error(
                f"the row is longer than {CSV_ROW_BYTES_MAX} bytes, is a quote missing?"
            )
        return self._text(line)

    def start_row(self) -> int:
        """Forget the last row; return the number of the line on which the next one starts."""
        self.is_western = False
        self._row.clear()
        self._row_bytes = 0
        return self._number + 1

    def recover(self) -> str:
        """Return the first line of the row, and give all others out again.

        Only so many times: a hostile file would have most of itself read over and over.
        """
        first, *others = self._row
        if others and self._recoveries < CSV_RECOVERIES_MAX:
            self._recoveries += 1
            self._again.extendleft(reversed(others))
            self._number -= len(others)
        return self._text(first)

    def _text(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            text = western_text(line)
            if text is None:
                return line.decode("utf-8", "surrogateescape")
            self.is_western = True
            return text
