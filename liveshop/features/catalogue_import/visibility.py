"""The status of a product in a file, and whether it is published."""

from typing import Final

from liveshop.features.catalogue_import.columns import PUBLISHED, STATUS, Columns

STATUSES: Final = ("active", "draft", "archived", "unlisted")
# Spreadsheets write these in the language of the computer.
_YES: Final = frozenset(
    "true yes y t on 1 wahr ja vrai oui vero sì si verdadero sí verdadeiro sim waar sant sand sann "
    "tosi prawda tak pravda igaz doğru evet adevărat истина да істина так "
    "αληθησ ναι 真 是 はい".split()
)
_NO: Final = frozenset(
    "false no n f off 0 falsch nein faux non falso não onwaar nee falskt falsk usann epätosi fałsz "
    "nie nepravda hamis yanlış yanliş hayır fals ложь нет хибність ні "
    "ψευδησ οχι 假 否 いいえ".split()
)

Read = tuple[str | None, str | None]


def status_of(text: str, columns: Columns) -> Read:
    """Return a product's status and a note on it; None if the file says nothing of it."""
    if STATUS not in columns:
        return None, None
    status = text.casefold() or STATUSES[0]
    if status in STATUSES:
        return status, None
    return "draft", f"the {columns.shown(STATUS)} {text[:40]!r} is unknown, and counts as draft"


def published_of(text: str, columns: Columns) -> tuple[bool | None, str | None]:
    """Return whether a product is published, and a note; None if the file says nothing of it."""
    if PUBLISHED not in columns:
        return None, None
    word = text.casefold()
    if word in _YES or not word:
        return True, None
    if word in _NO:
        return False, None
    return False, f"the {columns.shown(PUBLISHED)} {text[:40]!r} is unknown, and counts as false"
