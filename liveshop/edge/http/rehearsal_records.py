"""Rehearsals in requests and answers."""

from liveshop.core.events import KnownEvent
from liveshop.core.rehearsal import RehearsalCommand
from liveshop.core.rehearsal_state import RehearsalState, RehearsedPerson
from liveshop.edge.http.base_records import Input, Output
from liveshop.edge.http.order_records import OrderView


class Rehearse(Input, frozen=True, kw_only=True):
    """A step of a rehearsal: without a command, what the time has brought.

    `viewer` is who of the made-up crowd does it, null the caller.
    """

    state: RehearsalState
    command: RehearsalCommand | None = None
    viewer: RehearsedPerson | None = None


class RehearsedStep(Output, frozen=True, kw_only=True):
    """The outcome of a step; `order` is what it made or cancelled, `state` is for the next step."""

    events: list[KnownEvent]
    order: OrderView | None
    state: RehearsalState
