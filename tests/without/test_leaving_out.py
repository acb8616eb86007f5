"""The tests that are left out with a feature are those that need it, and no others."""

from pathlib import Path

import pytest

from tests.leaving_out import needs

_TESTS = Path(__file__).parents[1]


def test_a_test_needs_the_feature_whose_folder_it_is_in() -> None:
    assert needs(_TESTS / "features/chat/test_rules.py", []) == {"chat"}
    assert needs(_TESTS / "features/chat/more/test_rules.py", []) == {"chat"}
    for path in ("features/test_all.py", "engine/test_rebuild.py", "core/chat/test_rules.py"):
        assert needs(_TESTS / path, []) == set()


def test_a_test_needs_the_features_that_its_markers_name() -> None:
    markers = [pytest.mark.feature("likes").mark, pytest.mark.feature("figures", "likes").mark]
    assert needs(_TESTS / "engine/test_rebuild.py", markers) == {"figures", "likes"}
    assert needs(_TESTS / "features/chat/test_rules.py", markers) == {"chat", "figures", "likes"}
