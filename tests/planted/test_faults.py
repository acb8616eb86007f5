"""Each planted bug still fits the code and has its row in the docs; `make planted` tries them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.planted.copy import ROOT
from tests.planted.fault import AnchorLost, Fault
from tests.planted.faults import FAULTS, SELLS

_HEAD: Final = (
    "| planted bug | what it would break | where | caught by | s |\n|---|---|---|---|---|\n"
)
_PAGE: Final = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def _rows(page: str) -> list[list[str]]:
    """Return the cells of each row of the table of planted bugs, which ends with an empty line."""
    table, _, _ = page.partition(_HEAD)[2].partition("\n\n")
    return [line.strip("| ").split(" | ") for line in table.splitlines()]


def _wrong(rows: Sequence[Sequence[str]], faults: Sequence[Fault]) -> list[str]:
    """Return the names of rows that are not what their fault says, in the order of the table."""
    by_name = {fault.name: fault for fault in faults}
    return [row[0] for row in rows if not _is_row_of(by_name.get(row[0]), row)]


def _is_row_of(fault: Fault | None, row: Sequence[str]) -> bool:
    """Whether a row tells of this fault: its promise, its file and one of its tests."""
    if fault is None or len(row) != 5:
        return False
    _, promise, where, caught_by, seconds = row
    tests = [f"`{test.removeprefix('tests/')}`" for test in fault.tests]
    is_there = promise == fault.promise and where == f"`{fault.file.removeprefix('liveshop/')}`"
    return is_there and caught_by in tests and seconds.isdecimal()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_applies_and_changes_something(fault: Fault) -> None:
    assert fault.planted(ROOT) != (ROOT / fault.file).read_text(encoding="utf-8")


@pytest.mark.parametrize("test", sorted({SELLS, *(test for f in FAULTS for test in f.tests)}))
def test_the_tests_that_must_notice_are_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_names_are_all_different() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_each_planted_bug_has_exactly_one_row_in_the_docs() -> None:
    assert sorted(row[0] for row in _rows(_PAGE)) == sorted(fault.name for fault in FAULTS)


def test_each_row_in_the_docs_has_its_bugs_promise_file_and_one_of_its_tests() -> None:
    assert _wrong(_rows(_PAGE), FAULTS) == []


@pytest.mark.parametrize(
    "row",
    [
        "| another | P1: breaks | `here.py` | `test_a.py::test_a` | 4 |",
        "| f | P2: breaks | `here.py` | `test_a.py::test_a` | 4 |",
        "| f | P1: breaks | `there.py` | `test_a.py::test_a` | 4 |",
        "| f | P1: breaks | `here.py` | `test_a.py::test_b` | 4 |",
        "| f | P1: breaks | `here.py` | **nothing** | 4 |",
        "| f | P1: breaks | `here.py` | `test_a.py::test_a` | ? |",
        "| f | P1: breaks | `here.py` | `test_a.py::test_a` |",
    ],
)
def test_a_row_that_says_other_than_its_bug_is_found(row: str) -> None:
    test = "tests/test_a.py::test_a"
    fault = Fault(
        name="f", promise="P1: breaks", file="liveshop/here.py", old="1", new="2", tests=(test,)
    )
    right = "| f | P1: breaks | `here.py` | `test_a.py::test_a` | 4 |"
    rows = _rows(f"{_HEAD}{right}\n{row}\n\nMore.\n")
    assert (len(rows), _wrong(rows, [fault])) == (2, [rows[1][0]])


def test_a_fault_whose_text_is_gone_says_which(tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text("one = 1\none = 1\n")
    for old, times in (("two = 2", 0), ("one = 1", 2)):
        fault = Fault(name="f", promise="P1", file="here.py", old=old, new="", tests=())
        with pytest.raises(AnchorLost, match=f"“f” no longer applies: here.py .* {times} times"):
            fault.planted(tmp_path)
