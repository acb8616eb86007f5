"""Every state of every page, light or dark, small or large, to axe-core and to the ruler."""

import pytest

from tests.browser.axe import displeasures, listed
from tests.browser.life import THEMES, Life, look


@pytest.mark.feature("activity", "chat", "figures", "likes", "rehearsal")
async def test_no_state_of_any_page_overflows_or_displeases_axe(life: Life) -> None:
    found: dict[str, list[str]] = {}
    async for state in life.states():
        for size in state.sizes:
            for theme in THEMES:
                await look(state.page, size, theme)
                for words in await displeasures(state.page, theme):
                    found.setdefault(words, []).append(f"{state.name} {size} {theme}")
    assert not found, listed(found)
