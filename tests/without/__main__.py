"""Run the suite in a copy of the tree without one feature: `make without FEATURE=chat`."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.every_feature import LISTED
from tests.leaving_out import with_dependents
from tests.without.tree import Tree


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.without", description=__doc__)
    parser.add_argument("feature", choices=LISTED)
    told, arguments = parser.parse_known_args()
    without = with_dependents(told.feature)
    sys.stdout.write(f"without {', '.join(without)}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="liveshop-without-") as folder:
        tree = Tree(Path(folder) / "tree")
        tree.leave_out(without)
        return tree.show(without, "-q", *arguments)


if __name__ == "__main__":
    sys.exit(_main())
