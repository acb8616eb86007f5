"""Planted bugs in the client and the pages: what a browser makes of the messages."""

from typing import Final

from tests.planted.fault import Fault

_BROWSER: Final = "tests/browser/test_features.py"

FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        name="an event that no page knows leaves the offset",
        promise="P6: each later event seems to miss one, and every viewer joins again",
        file="liveshop/pages/client/state.js",
        old="  return event ? {",
        new="  return event && next !== start ? {",
        tests=("tests/pages/test_parts.py::test_events_that_nobody_knows_move_the_offset",),
    ),
    Fault(
        name="messages that come while their feature is loaded are lost",
        promise="P6: a viewer sees a feature as it was when its first message came",
        file="liveshop/pages/shared/slots.js",
        old="      if (isMeant || sleeper.isWaking) sleeper.keep(message);",
        new="      if (isMeant && !sleeper.isWaking) sleeper.keep(message);",
        tests=(
            f"{_BROWSER}::"
            "test_a_feature_is_loaded_by_its_first_message_and_takes_in_what_came_meanwhile",
        ),
    ),
    Fault(
        name="a feature that missed messages goes on without a snapshot",
        promise="P6: what came while it could not be loaded is never shown",
        file="liveshop/pages/client/shop.js",
        old="    if (messages === null) this.#line.drop();",
        new="",
        tests=(
            f"{_BROWSER}::test_a_feature_that_could_not_be_loaded_begins_with_a_fresh_snapshot",
        ),
    ),
    Fault(
        name="buttons in states in which they are always refused",
        promise="a host taps what can never be done",
        file="liveshop/pages/console/desk.js",
        old="this.isFor(type) && fits(this.rights, type, this.shop.state.session.status);\n",
        new="this.isFor(type);\n",
        tests=(
            "tests/browser/test_rights.py"
            "::test_each_role_has_the_buttons_of_its_commands_in_every_state_and_no_others",
        ),
    ),
    Fault(
        name="a command without its states",
        promise="a page has a button for a command that is always refused",
        file="liveshop/core/commands.py",
        old='tag="sale.end"):\n    """End a flash sale before its time."""\n\n    when = ON\n',
        new='tag="sale.end"):\n    """End a flash sale before its time."""\n\n',
        tests=(
            "tests/core/test_when.py"
            "::test_a_command_is_refused_in_the_states_that_are_none_of_its_own",
        ),
    ),
)
