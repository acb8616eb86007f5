"""The program of the process that reads one product CSV.

`python -P .../store_program.py CURRENCY`

By its module's name the process would import the packages of that module first. That of a feature
brings all its layers, and the one above it all features, with their stores and the edge: 0.4 s of
a processor and 30 MB for each file, however small. Here the packages are empty ones that only know
their folders, so that the modules in them are found, and nothing else is imported.
"""

import os.path
import sys
from types import ModuleType
from typing import Final

_PACKAGES: Final = ("liveshop.features.catalogue_import", "liveshop.features", "liveshop")


def use_bare_packages() -> None:
    """Let modules of the reader be imported without what their packages import."""
    folder = os.path.dirname(os.path.abspath(__file__))
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [folder]
        sys.modules[name] = package
        folder = os.path.dirname(folder)


if __name__ == "__main__":
    use_bare_packages()
    from liveshop.features.catalogue_import.store_process import main

    main()
