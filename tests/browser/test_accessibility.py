"""axe-core finds nothing on any page in any of its states, light or dark, small or large."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.browser.life import DESKTOP, PHONE, THEMES, Life, look

_AXE = Path(__file__).parent / "vendor" / "axe" / "axe.js"
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
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


async def test_axe_finds_nothing_in_any_state_of_any_page(life: Life) -> None:
    found: dict[str, Any] = {}
    async for state in life.states():
        for size in {PHONE, DESKTOP}.intersection(state.sizes):
            for theme in THEMES:
                await look(state.page, size, theme)
                rules = () if theme == "light" else ("color-contrast",)
                for words in await _violations(state.page, rules):
                    found.setdefault(words, []).append(f"{state.name} {size} {theme}")
    assert not found, "\n\n".join(f"{words}\n    in {where}" for words, where in found.items())
