"""A test that waits in vain says what it has waited for."""

import re
from functools import partial

import pytest

from tests import waiting


async def test_waiting_in_vain_shows_the_condition_and_its_last_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "WAIT_S", 0)
    read = [1, 2]
    with pytest.raises(AssertionError, match=re.escape("waited 0 s in vain")) as failed:
        await waiting.until(lambda: read[2:])
    assert "the last answer was []" in str(failed.value)
    assert "await waiting.until(lambda: read[2:])" in str(failed.value)


def test_waiting_in_vain_for_what_has_no_source_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PROCESS_WAIT_S", 0)
    with pytest.raises(AssertionError, match=re.escape("functools.partial(<class 'bool'>, 0)")):
        waiting.wait_until(partial(bool, 0))


async def test_what_holds_already_is_not_waited_for() -> None:
    await waiting.until(lambda: True)
    waiting.wait_until(lambda: True)
