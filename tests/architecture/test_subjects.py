"""A subject is named in its feature's folder and the registries: nothing else knows of it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.sources import ROOT

_PACKAGE: Final = ROOT / "liveshop"
_TEXT: Final = {".css", ".html", ".js", ".json", ".lua", ".py", ".sql", ".ts"}
# The words of each subject, and the places that may have them.
_SUBJECTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "the chat's pace": (r"chat\.slow|ChatSlowed|SlowChat", ("features/chat/",)),
    # `.poll(` is a method of processes and of epoll.
    "polls": (
        r"\b(?<!\.)(?:poll|polls|Poll|ballot)\b(?!\()",
        ("features/polls/", "features/ballots/", "features/__init__.py", "features/parts.js"),
    ),
}


def _knowing(package: Path, subject: str) -> list[str]:
    """Return the files that name a subject and are none of its own; modules of others may."""
    words, places = _SUBJECTS[subject]
    names = {
        path.relative_to(package).as_posix(): path
        for path in package.rglob("*")
        if path.suffix in _TEXT
    }
    return sorted(
        name
        for name, path in names.items()
        if not name.startswith((*places, "pages/vendor/"))
        and re.search(words, path.read_text(encoding="utf-8"))
    )


@pytest.mark.parametrize("subject", _SUBJECTS)
def test_a_subject_is_named_in_its_own_folder_only(subject: str) -> None:
    assert _knowing(_PACKAGE, subject) == []


@pytest.mark.parametrize(
    ("subject", "text"),
    [("the chat's pace", 'import { SlowChat } from "…"'), ("polls", '_NAMING = ("id", "poll")')],
)
def test_a_file_that_names_a_subject_of_another_is_seen(
    subject: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core/own.py").write_text("process.poll()\n", encoding="utf-8")
    assert _knowing(tmp_path, subject) == []
    (tmp_path / "core/other.py").write_text(text, encoding="utf-8")
    assert _knowing(tmp_path, subject) == ["core/other.py"]
