"""Each planted bug still fits the code; `make planted` is what proves that it is caught."""

from pathlib import Path

import pytest

from tests.planted.copy import ROOT
from tests.planted.fault import AnchorLost, Fault
from tests.planted.faults import FAULTS, SELLS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_applies_and_changes_something(fault: Fault) -> None:
    assert fault.planted(ROOT) != (ROOT / fault.file).read_text(encoding="utf-8")


@pytest.mark.parametrize("test", sorted({SELLS, *(test for f in FAULTS for test in f.tests)}))
def test_the_tests_that_must_notice_are_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_the_names_are_all_different() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_a_fault_whose_text_is_gone_says_which(tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text("one = 1\none = 1\n")
    for old, times in (("two = 2", 0), ("one = 1", 2)):
        fault = Fault(name="f", promise="P1", file="here.py", old=old, new="", tests=())
        with pytest.raises(AnchorLost, match=f"“f” no longer applies: here.py .* {times} times"):
            fault.planted(tmp_path)
