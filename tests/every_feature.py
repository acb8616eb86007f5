"""Every feature that there is, by its folder, whether a node has it or not."""

from importlib import import_module
from pathlib import Path
from typing import Final

from liveshop import features
from liveshop.core.feature import Feature, Vocabulary

FOLDERS: Final = tuple(
    sorted(each.parent.name for each in Path(features.__file__).parent.glob("*/__init__.py"))
)


# A lower feature has no line: a node has it with the features that use it.
LISTED: Final = tuple(sorted(each.name for each in features.FEATURES))


def _feature(folder: str) -> Feature:
    """Return the feature that a folder puts together."""
    values = vars(import_module(f"{features.__name__}.{folder}")).values()
    return next(each for each in values if isinstance(each, Feature) and each.name == folder)


# Those of a node first, in their order: it is that of the fields that they add to a session.
EVERY: Final[tuple[Feature, ...]] = (
    *features.FEATURES,
    *(_feature(folder) for folder in FOLDERS if folder not in LISTED),
)
# Documents describe all of them, so what they say is read with this.
WHOLE: Final = Vocabulary(EVERY)
