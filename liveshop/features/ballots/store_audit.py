"""The questions of `liveshop audit` about ballots."""

from pathlib import Path
from typing import Final

from liveshop.core.audit import AuditFile, Check
from liveshop.stores.postgres.queries import load_queries

_DECIDED = "nothing here changes ballots: "

AUDIT: Final = AuditFile(
    load_queries(Path(__file__).with_suffix(".sql")),
    {
        "ballots_are_counted": Check(
            "P9", _DECIDED + "count those that are stored, and correct what was told of them"
        ),
        "ballot_has_its_box": Check(
            "P9", _DECIDED + "restore Postgres from a backup that has the box"
        ),
    },
)
