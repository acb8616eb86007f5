"""The judge of the suite is strict."""

import json
from pathlib import Path

import pytest

from tests.autobahn.report import GROUPS, Outcome, faults, page, read_outcomes


def outcomes() -> list[Outcome]:
    """Return a run in which all is well."""
    return [
        Outcome(f"{group.number}.1.{at}", "OK", "OK")
        for group in GROUPS
        for at in range(group.cases - (group.number == 13))
    ] + [Outcome("13.3.1", "UNIMPLEMENTED", "OK")]


def test_a_run_in_which_all_is_well_has_no_faults() -> None:
    assert list(faults(outcomes())) == []


@pytest.mark.parametrize(
    ("behavior", "closing"),
    [
        ("NON-STRICT", "OK"),
        ("FAILED", "OK"),
        ("UNIMPLEMENTED", "OK"),
        ("OK", "WRONG CODE"),
        ("OK", "UNCLEAN"),
        ("INFORMATIONAL", "FAILED BY CLIENT"),
    ],
)
def test_what_is_not_strictly_right_is_a_fault(behavior: str, closing: str) -> None:
    _, *others = outcomes()
    faulty = [Outcome("1.1.0", behavior, closing), *others]
    assert list(faults(faulty)) == [f"1.1.0: {behavior}, closing: {closing}"]


def test_a_case_that_the_suite_only_informs_of_is_fine() -> None:
    _, *others = outcomes()
    assert list(faults([Outcome("1.1.0", "INFORMATIONAL", "INFORMATIONAL"), *others])) == []


def test_a_case_that_is_thought_declined_and_is_not_is_a_fault() -> None:
    *others, _ = outcomes()
    assert list(faults([*others, Outcome("13.3.1", "OK", "OK")])) == ["13.3.1: OK, closing: OK"]


def test_a_run_that_ended_early_is_a_fault() -> None:
    assert list(faults(outcomes()[:-1])) == ["13.*: not all of its 126 cases were run"]


def test_cases_of_an_unknown_group_are_a_fault() -> None:
    more = [*outcomes(), Outcome("9.1.1", "OK", "OK")]
    assert list(faults(more)) == ["9.*: cases that nobody expects"]


def test_the_page_counts_by_group_and_in_all() -> None:
    lines = page(outcomes(), {"suite": "1", "library": "2"}).splitlines()
    assert "| 6.* | UTF-8 | 145 | 145 | 0 | 0 | 0 |" in lines
    assert "| all |  | 463 | 462 | 0 | 1 | 0 |" in lines
    assert lines[-1] == "With suite 1, library 2."


def test_outcomes_are_read_from_the_index_that_the_suite_writes(tmp_path: Path) -> None:
    index = tmp_path / "index.json"
    case = {"behavior": "OK", "behaviorClose": "UNCLEAN", "duration": 1, "remoteCloseCode": None}
    index.write_text(json.dumps({"liveshop": {"1.1.1": case}}))
    assert read_outcomes(index) == [Outcome("1.1.1", "OK", "UNCLEAN")]
