"""Bugs in what the kernel offers features: one in each socket."""

from typing import Final

from tests.planted.fault import Fault

_FEATURES: Final = "tests/engine/test_features.py"
_TEN_LINES: Final = (
    f"{_FEATURES}::test_a_feature_of_ten_lines_has_a_command_an_event_and_a_place_in_the_snapshot"
)
_CONFLICT: Final = (
    f"{_FEATURES}::test_what_opens_something_is_a_conflict_while_a_node_lacks_its_feature"
)

_MODERATION: Final = "tests/features/chat/test_room.py"

FAULTS: Final = (
    Fault(
        name="an event of a newer release is refused",
        promise="P8: a node that a newer one runs next to loses its show",
        file="liveshop/core/feature.py",
        old="        if kind is not None:\n"
        "            return cast(Event, msgspec.convert(message, kind))\n",
        new="        if kind is None or kind is not None:\n"
        "            return cast(Event, msgspec.convert(message, kind or self.any_event))\n",
        tests=(
            "tests/engine/test_unknown_events.py"
            "::test_an_unknown_event_is_shown_as_it_came_and_changes_nothing",
        ),
    ),
    Fault(
        name="a feature's event leaves its part as it was",
        promise="P5: viewers who join late see another show than those who were there",
        file="liveshop/core/session.py",
        old="    return replace(state, parts={**state.parts, event.feature: changed})\n",
        new="    return state if changed else replace(state)\n",
        tests=(_TEN_LINES,),
    ),
    Fault(
        name="a feature is opened next to a node that lacks it",
        promise="P8: in a rolling upgrade half of the viewers cannot take part",
        file="liveshop/engine/rooms/command_log.py",
        old="        if isinstance(command, HostCommand) and command.opens:\n",
        new="        if isinstance(command, HostCommand) and command.opens and command.ref:\n",
        tests=(_CONFLICT,),
    ),
    Fault(
        name="one node's features count for all",
        promise="P8: in a rolling upgrade half of the viewers cannot take part",
        file="liveshop/stores/redis/live.py",
        old="    return frozenset.intersection(",
        new="    return frozenset().union(",
        tests=(_CONFLICT,),
    ),
    Fault(
        name="a part does not hear of events",
        promise="P5: a message that a moderator has taken away is shown to who joins",
        file="liveshop/engine/rooms/session.py",
        old="                applied(event)\n",
        new="                applied\n",
        tests=(
            f"{_MODERATION}::test_a_deleted_message_is_shown_to_nobody_who_joins_here_or_elsewhere",
        ),
    ),
    Fault(
        name="a feature's own record is not written",
        promise="the words that a host blocks go on being said",
        file="liveshop/stores/postgres/sessions.py",
        old="            for write in decision.writes:\n",
        new="            for write in decision.writes[1:]:\n",
        tests=(f"{_MODERATION}::test_a_blocked_word_is_refused_on_every_node_and_nobody_sees_it",),
    ),
    Fault(
        name="a feature decides without its facts",
        promise="a moderator cannot take a message away",
        file="liveshop/engine/rooms/command_log.py",
        old="            if name in self._looking_up\n",
        new="            if name in self._looking_up and not command.feature\n",
        tests=(
            f"{_MODERATION}::test_a_deleted_message_is_shown_to_nobody_who_joins_here_or_elsewhere",
        ),
    ),
)
