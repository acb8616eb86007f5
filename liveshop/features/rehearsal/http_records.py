"""Rehearsals in requests and answers."""

from functools import cache, reduce
from operator import or_
from typing import Any

from msgspec import defstruct

from liveshop.core.feature import Vocabulary
from liveshop.core.rehearsal import RehearsedPerson
from liveshop.edge.http.base_records import Input, record
from liveshop.edge.http.order_records import OrderView
from liveshop.features.rehearsal.rules import rehearsed_commands
from liveshop.features.rehearsal.state import rehearsal_state


@cache
def rehearse(vocabulary: Vocabulary) -> Any:
    """Return the record of a step of a rehearsal; its commands are those of a vocabulary.

    Without a command it is what the time has brought. `viewer` is who of the made-up crowd does
    it, null the caller.
    """
    fields: list[Any] = [
        ("state", rehearsal_state(vocabulary)),
        ("command", reduce(or_, rehearsed_commands(vocabulary)) | None, None),
        ("viewer", RehearsedPerson | None, None),
    ]
    return defstruct(
        "Rehearse",
        fields,
        bases=(Input,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": "A step of a rehearsal: without a command, what time has brought."},
    )


def rehearsed_step(event: Any, state: Any) -> Any:
    """Return the record of a step's outcome, whose events and state are of these types."""
    fields: list[Any] = [
        ("events", list[event]),
        ("order", OrderView | None),
        ("state", state),
    ]
    doc = "The outcome of a step; `order` is what it made or cancelled, `state` is for the next."
    return record("RehearsedStep", fields, doc)
