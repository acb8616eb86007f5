"""The questions of `liveshop audit` about the change feed."""

from pathlib import Path
from typing import Final

from liveshop.core.audit import AuditFile, Check
from liveshop.stores.postgres.queries import load_queries

AUDIT: Final = AuditFile(
    load_queries(Path(__file__).with_suffix(".sql")),
    {
        "message_for_each_step": Check(
            "C1", "nothing here makes the message again: compare your systems with GET /api/orders"
        ),
        "message_for_each_event": Check(
            "C1", "nothing here makes the message again: compare your systems with the session"
        ),
    },
)
