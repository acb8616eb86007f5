"""Every state of every page, light or dark, small or large, to axe-core and to the ruler."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.life import THEMES, Life, look, overflow

_AXE = Path(__file__).parent / "vendor" / "axe" / "axe.js"
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_IN_THE_DARK = ("color-contrast",)
_RUN = """async ([tags, rules]) => {
  const runOnly = rules.length > 0
    ? { type: "rule", values: rules } : { type: "tag", values: tags };
  const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id} (${help}): ${node.html.slice(0, 160)} | ${node.failureSummary}`));
}"""


async def _violations(page: Page, rules: tuple[str, ...]) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE.read_text())
    found: list[str] = await page.evaluate(_RUN, [_TAGS, rules])
    return found


@pytest.mark.feature("chat", "figures", "likes", "rehearsal")
async def test_no_state_of_any_page_overflows_or_displeases_axe(life: Life) -> None:
    found: dict[str, Any] = {}
    async for state in life.states():
        for size in state.sizes:
            for theme in THEMES:
                await look(state.page, size, theme)
                wrong = await _violations(state.page, () if theme == "light" else _IN_THE_DARK)
                if wider := await overflow(state.page):
                    wrong.append(f"wider than its screen by {wider} px")
                for words in wrong:
                    found.setdefault(words, []).append(f"{state.name} {size} {theme}")
    assert not found, "\n\n".join(f"{words}\n    in {where}" for words, where in found.items())
