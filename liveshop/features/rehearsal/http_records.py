"""Rehearsals in requests and answers."""

from functools import cache, reduce
from operator import or_
from typing import Any

from liveshop.core.feature import Vocabulary
from liveshop.core.records import RecordField, extended
from liveshop.core.rehearsal import RehearsedPerson
from liveshop.edge.http.base_records import Input, Output
from liveshop.edge.http.order_records import OrderView
from liveshop.features.rehearsal.rules import rehearsed_commands
from liveshop.features.rehearsal.state import rehearsal_state


@cache
def rehearse(vocabulary: Vocabulary) -> Any:
    """Return the record of a step of a rehearsal; its commands are those of a vocabulary.

    Without a command it is what the time has brought. `viewer` is who of the made-up crowd does
    it, null the caller.
    """
    fields: list[RecordField] = [
        ("state", rehearsal_state(vocabulary)),
        ("command", reduce(or_, rehearsed_commands(vocabulary)) | None, None),
        ("viewer", RehearsedPerson | None, None),
    ]
    doc = "A step of a rehearsal: without a command, what time has brought."
    return extended(Input, fields, name="Rehearse", doc=doc)


def rehearsed_step(event: Any, state: Any) -> Any:
    """Return the record of a step's outcome, whose events and state are of these types."""
    fields: list[RecordField] = [
        ("events", list[event]),
        ("order", OrderView | None),
        ("state", state),
    ]
    doc = "The outcome of a step; `order` is what it made or cancelled, `state` is for the next."
    return extended(Output, fields, name="RehearsedStep", doc=doc)
