"""The program of a process that reads one stranger's file: a module's `main`, with little else.

`python -P .../child_program.py MODULE ARGUMENT…`

By its name a module would import its packages first. That of a feature brings all its layers, and
the one above it all features, with their stores and the edge: 0.4 s of a processor and 30 MB for
each file, however small. Here the packages above the module are empty ones that only know their
folders, so that the modules in them are found, and nothing else is imported.
"""

import os.path
import sys
from types import ModuleType


def use_bare_packages(module: str) -> None:
    """Let a module of ours be imported without what the packages above it import."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    root, *below = module.split(".")[:-1]
    name = root
    for part in ("", *below):
        if part:
            name, folder = f"{name}.{part}", os.path.join(folder, part)
        package = ModuleType(name)
        package.__path__ = [folder]
        sys.modules[name] = package


if __name__ == "__main__":
    _module = sys.argv.pop(1)
    use_bare_packages(_module)
    __import__(_module, fromlist=["main"]).main()
