"""Rows and their lines, out of any bytes."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.features.catalogue_import.csv_rows import CsvRow, lines_of, rows_of
from liveshop.features.catalogue_import.limits import CSV_ROW_BYTES_MAX


def rows(*chunks: bytes) -> list[CsvRow]:
    return list(rows_of(lines_of(chunks)))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_any_line_end_with_and_without_a_byte_order_mark(end: bytes, mark: bytes) -> None:
    data = mark + end.join([b"a,b", b"1,2", b"", b"3,4"])
    expected = [CsvRow(1, ["a", "b"]), CsvRow(2, ["1", "2"]), CsvRow(4, ["3", "4"])]
    assert rows(data) == expected
    assert rows(data + end) == expected


def test_a_row_counts_from_the_line_it_starts_on() -> None:
    assert rows(b'a,"1\n2\r\n3"\nb,c\n') == [
        CsvRow(1, ["a", "1\n2\r\n3"]),
        CsvRow(4, ["b", "c"]),
    ]


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    assert rows(b'a,b\n1,"2\n3,4\n5,6\n') == [
        CsvRow(1, ["a", "b"]),
        CsvRow(2, ["1", '"2\n'], "not readable as CSV: unexpected end of data"),
        CsvRow(3, ["3", "4"]),
        CsvRow(4, ["5", "6"]),
    ]


def test_text_after_a_closing_quote_costs_one_row() -> None:
    assert rows(b'"5" wide,x\n3,4\n') == [
        CsvRow(1, ['"5" wide', "x\n"], "not readable as CSV: ',' expected after '\"'"),
        CsvRow(2, ["3", "4"]),
    ]


def test_a_quoted_cell_without_end_is_given_up_before_it_fills_the_memory() -> None:
    filler = b"x,y,z\n"
    count = CSV_ROW_BYTES_MAX // len(filler) + 10
    found = rows(b'1,"2\n', *[filler] * count)
    assert found[0].line == 1
    assert found[0].fault is not None
    assert [row.line for row in found[1:]] == list(range(2, count + 2))


def test_open_quotes_again_and_again_are_not_read_over_and_over() -> None:
    # Each of these lines leaves a quote open, whether one was open before it or not.
    found = rows(b'x","\n' * 300_000)
    assert all(row.fault is not None for row in found)
    assert len(found) < 30


def test_bytes_of_no_known_encoding_come_as_surrogates() -> None:
    assert rows(b"\xea\xe1\xf6\xdd,1\n") == [CsvRow(1, ["\udcea\udce1\udcf6\udcdd", "1"])]


@pytest.mark.parametrize(
    "text", ["café", "Größe", "naïve señor", "L’Oréal – 5 €", "Smørrebrød", "£5 à côté"]
)
def test_windows_1252_is_read_where_it_is_a_western_language(text: str) -> None:
    assert rows(f"{text},1\n".encode("cp1252")) == [CsvRow(1, [text, "1"], western=True)]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Красная шаль", "cp1251"),
        ("Κόκκινο φόρεμα", "cp1253"),
        ("赤い靴", "shift_jis"),
        ("红色的鞋", "gb18030"),
        ("빨간 신발", "euc_kr"),
        ("חולצה", "cp1255"),
    ],
)
def test_other_encodings_are_never_taken_for_windows_1252(text: str, encoding: str) -> None:
    (row,) = rows(f"{text},1\n".encode(encoding))
    assert not row.western
    assert any("\udc80" <= letter <= "\udcff" for letter in row.cells[0])


def test_damaged_utf8_is_not_taken_for_windows_1252() -> None:
    (row,) = rows("é".encode() + b"\xe9,1\n")
    assert (row.cells[0], row.western) == ("é\udce9", False)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_file_of_a_spreadsheet_is_read_in_its_encoding(encoding: str, size: int) -> None:
    data = 'Handle,Title\r\ncafé,"Café\n☕ 𝟙"\r\n'.encode(encoding)
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    found = [CsvRow(1, ["Handle", "Title"]), CsvRow(2, ["café", "Café\n☕ 𝟙"])]
    assert list(rows_of(lines_of(chunks))) == found


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_columns_are_separated_by_what_the_header_has_most_of(separator: str) -> None:
    header = separator.join(["Handle", '"a, b; c"', "Title", "Price", "SKU"])
    row = separator.join(["a", '"1,5"', "A; B" if separator != ";" else "A", "1", ""])
    found = rows(f"{header}\n{row}\n".encode())
    assert [len(each.cells) for each in found] == [5, 5]
    assert found[1].cells[1] == "1,5"


def test_separators_within_quotes_separate_nothing() -> None:
    header = ["Handle", "Width; height; depth", 'Size "S; M; L"', "Notes;\n"]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(header)
    assert rows(text.getvalue().encode()) == [CsvRow(1, header)]
    assert rows(b'";"\n"",""\n') == [CsvRow(1, [";"]), CsvRow(2, ["", ""])]


def test_a_line_that_names_the_separator_is_none_of_the_rows() -> None:
    assert rows(b"\xef\xbb\xbfsep=;\r\na;b,c\r\n") == [CsvRow(2, ["a", "b,c"])]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 65_536, 2_000_000])
def test_a_line_that_is_too_long_costs_one_row_with_a_reason(end: bytes, size: int) -> None:
    long = b"x," * 400_000 if size > 1 else b"x" * (CSV_ROW_BYTES_MAX + 2)
    data = b"a,b" + end + long + end + b"1,2" + end
    first, too_long, last = rows(*(data[at : at + size] for at in range(0, len(data), size)))
    assert first == CsvRow(1, ["a", "b"])
    assert (too_long.line, too_long.fault) == (
        2,
        "not readable as CSV: the row is longer than 524288 bytes, is a quote missing?",
    )
    assert len(",".join(too_long.cells)) == CSV_ROW_BYTES_MAX + 1
    assert last == CsvRow(3, ["1", "2"])


def test_a_line_without_end_is_read_to_its_end_in_bounded_memory() -> None:
    tracemalloc.start()
    try:
        found = list(rows_of(lines_of(b"x" * 65_536 for _ in range(512))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [row.line for row in found] == [1]
    assert peak < 8 * CSV_ROW_BYTES_MAX


def test_a_long_cell_with_line_breaks_is_one_cell_of_its_row() -> None:
    cell = "word\n" * 60_000
    assert rows(f'a,"{cell}"\nb,c\n'.encode()) == [
        CsvRow(1, ["a", cell]),
        CsvRow(60_002, ["b", "c"]),
    ]


_cell = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=8)


@given(
    table=st.lists(st.lists(_cell, min_size=1, max_size=4), max_size=6),
    end=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(1, 12),
)
def test_what_was_written_is_read_back_whatever_the_chunks(
    table: list[list[str]], end: str, size: int
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    data = text.getvalue().encode()
    found = rows(*(data[i : i + size] for i in range(0, len(data), size)))
    assert [row.cells for row in found] == table
