"""Two nodes, each as one release, serve every scene; here both are of this tree."""

from pathlib import Path

import pytest

from loadtests.kit.checkout import THIS
from tests.upgrade.nodes import alike, two_releases
from tests.upgrade.play import play


@pytest.mark.feature("chat", "figures", "polls")
async def test_a_node_of_this_tree_runs_next_to_another_one_through_whole_shows(
    redis_url: str, bare_postgres_url: str, tmp_path: Path
) -> None:
    said: list[str] = []
    async with two_releases(THIS, THIS, redis_url, bare_postgres_url, tmp_path) as both:
        await play(both, said.append, shows=1)
    assert said[-2:] == [
        "audit of new: Every promise is kept.",
        "audit of before: Every promise is kept.",
    ]


def test_answers_are_alike_if_the_fields_of_both_say_the_same() -> None:
    for here, there, same in (
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, True),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, False),
        ([1], [1, 2], False),
        ({"a": None}, {"a": 0}, False),
    ):
        assert (alike(here, there), alike(there, here)) == (same, same), (here, there)
