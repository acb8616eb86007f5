"""A planted bug: a small change of a copy of the code that a test must notice."""

from dataclasses import dataclass
from pathlib import Path


class AnchorLost(Exception):
    """A fault no longer applies: the code that it changes has changed; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault by name, the promise that it breaks, its place, and tests one of which must fail.

    `old`, which `new` replaces, stands in `file` exactly once, and so does the first of each pair
    in `also`. `tests` are few, so that a run is short.
    """

    name: str
    promise: str
    file: str
    old: str
    new: str
    also: tuple[tuple[str, str], ...] = ()
    tests: tuple[str, ...]

    def planted(self, root: Path) -> str:
        """Return the file's text with the fault in it; raises AnchorLost."""
        path = root / self.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for old, new in ((self.old, self.new), *self.also):
            found = text.count(old)
            if found != 1:
                raise AnchorLost(
                    f"the fault “{self.name}” no longer applies: {self.file} has this text "
                    f"{found} times instead of once:\n{old}"
                )
            text = text.replace(old, new)
        return text
