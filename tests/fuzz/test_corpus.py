"""Every input that ever broke something, and those that fuzzing begins with, hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.__main__ import NAMES
from tests.fuzz.bounds import check_cost
from tests.fuzz.growth import ENTRIES, UNITS, check_calls, input_of
from tests.fuzz.heads import close_port
from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).with_name("corpus")
_INPUTS = [
    *(
        (name, f"seed-{number}", seed)
        for name in TARGETS
        for number, seed in enumerate(TARGETS[name].seeds)
    ),
    *((path.parent.name, path.name, path.read_bytes()) for path in sorted(CORPUS.glob("*/*"))),
]


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_port()


@pytest.mark.parametrize(
    ("name", "data"),
    [pytest.param(name, data, id=f"{name}-{which}") for name, which, data in _INPUTS],
)
def test_an_input_keeps_every_promise_and_costs_no_more_than_it_may(name: str, data: bytes) -> None:
    TARGETS[name].check(data)
    check_cost(TARGETS[name], data)


@pytest.mark.parametrize("entry", ENTRIES)
def test_twice_as_much_of_anything_is_twice_the_work(entry: str) -> None:
    for unit in UNITS:
        check_calls(input_of(entry, unit))


def test_every_target_can_be_named_and_has_a_corpus_of_its_own() -> None:
    assert set(NAMES) == set(TARGETS)
    assert {folder.name for folder in CORPUS.iterdir()} <= set(TARGETS)
