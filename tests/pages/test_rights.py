"""Every command of the staff has a button that knows its rule, so that none can be forgotten."""

import re
from pathlib import Path
from typing import Final

import pytest

from liveshop.core.roles import Role
from tests.every_feature import WHOLE

_LIVESHOP: Final = Path(__file__).parents[2] / "liveshop"
_SCRIPTS: Final = {
    path: path.read_text(encoding="utf-8")
    for folder in (_LIVESHOP / "pages", _LIVESHOP / "features")
    for path in sorted(folder.rglob("*.js"))
    if "vendor" not in path.parts
}
# In `does` of a button or a key, in `useMay` or in `data-does`.
_DOES: Final = re.compile(r"""(?:does[=:]\s*\$?\{?[`"']?|useMay\(")([a-z]+\.[a-z]+)""")
_STAFF: Final = {
    str(kind.__struct_config__.tag)
    for kind in WHOLE.commands
    if kind.needs is not None and kind.needs >= Role.MODERATOR
}
# Commands without a button in the console.
_WITHOUT: Final = {
    "hold.release": "hosts' own programs give holds back",
}


def _named() -> set[str]:
    found = {name for text in _SCRIPTS.values() for name in _DOES.findall(text)}
    # Those that pin or unpin, as the thing is.
    found |= {"product.pin", "product.unpin"} if _has('unpin" : "pin') else set()
    return found | ({"chat.pin", "chat.unpin"} if _has('"chat.unpin" : "chat.pin"') else set())


def _has(text: str) -> bool:
    return any(text in each for each in _SCRIPTS.values())


def test_every_command_of_the_staff_has_a_button_that_goes_by_its_rule() -> None:
    assert _STAFF - _named() == set(_WITHOUT)
    assert {name for name in _named() if "." in name} <= _STAFF


@pytest.mark.parametrize("word", ['"live" ||', 'status === "live"', "isHost && status"])
def test_no_button_of_the_console_has_a_rule_of_its_own_about_the_status(word: str) -> None:
    """A second list of states would be forgotten when a command's rule changes."""
    buttons = [path for path, text in _SCRIPTS.items() if "data-does" in text or "does=" in text]
    assert [path.name for path in buttons if word in _SCRIPTS[path]] == []
