"""The questions of `liveshop audit` about polls."""

from pathlib import Path
from typing import Final

from liveshop.core.audit import AuditFile, Check
from liveshop.stores.postgres.queries import load_queries

AUDIT: Final = AuditFile(
    load_queries(Path(__file__).with_suffix(".sql")),
    {
        "result_is_its_ballots": Check(
            "P9", "nothing here changes a result: tell the viewers what the ballots say"
        ),
        "told_result_is_final": Check(
            "P9", "nothing here changes ballots: restore Postgres from a backup"
        ),
        "closed_box_has_its_result": Check("P9", "a node that runs tells it: start one"),
    },
)
