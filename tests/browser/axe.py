"""axe-core and the ruler, for a page in a state."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from playwright.async_api import Page

from tests.browser.life import overflow

_AXE: Final = Path(__file__).parent / "vendor" / "axe" / "axe.js"
_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_IN_THE_DARK: Final = ("color-contrast",)
_RUN: Final = """async ([tags, rules]) => {
  const runOnly = rules.length > 0
    ? { type: "rule", values: rules } : { type: "tag", values: tags };
  const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id} (${help}): ${node.html.slice(0, 160)} | ${node.failureSummary}`));
}"""


async def displeasures(page: Page, theme: str) -> list[str]:
    """Return what axe finds wrong with a page as it is, and how much wider than its screen it is.

    In the dark it looks at the colours only: all else is the same as in the light.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE.read_text())
    rules = () if theme == "light" else _IN_THE_DARK
    found: list[str] = await page.evaluate(_RUN, [_TAGS, rules])
    if wider := await overflow(page):
        found.append(f"wider than its screen by {wider} px")
    return found


def listed(found: Mapping[str, list[str]]) -> str:
    """Return findings with the states in which each was met."""
    return "\n\n".join(f"{words}\n    in {where}" for words, where in found.items())
