"""The questions of `liveshop audit` about webhooks."""

from pathlib import Path
from typing import Final

from liveshop.core.audit import AuditFile, Check
from liveshop.stores.postgres.queries import load_queries

AUDIT: Final = AuditFile(
    load_queries(Path(__file__).with_suffix(".sql")),
    {
        "delivery_has_an_end": Check("C2", "a worker goes on with it: start one"),
    },
)
