"""Faults planted in who is told where the video is."""

from typing import Final

from tests.planted.fault import Fault

_PROMISE: Final = "the contract: viewers know where the video is while the show is not live"
_SYSTEM: Final = "tests/system/test_stream.py"
_BROADCAST: Final = "tests/engine/test_broadcast.py"

FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        name="a paused show's video is in the snapshot",
        promise=_PROMISE,
        file="liveshop/core/stream.py",
        old="return state.info.stream_url if state.status is Status.LIVE else None",
        new="return state.info.stream_url if state.status is not Status.ENDED else None",
        tests=(
            "tests/core/test_snapshot.py"
            "::test_a_snapshot_with_all_later_messages_applied_equals_a_fresh_one",
        ),
    ),
    Fault(
        name="the log is told to viewers as it is",
        promise=_PROMISE,
        file="liveshop/edge/http/sessions.py",
        old="    if not call.caller.is_staff_of(session_id):\n",
        new="    if False:\n",
        tests=(f"{_SYSTEM}::test_the_log_tells_viewers_of_no_stream_while_the_show_is_not_live",),
    ),
    Fault(
        name="a start is told with its video although a pause is in the same frame",
        promise=_PROMISE,
        file="liveshop/engine/fanout/broadcast.py",
        old="live = self._state.status is Status.LIVE",
        new="live = True",
        tests=(
            f"{_BROADCAST}::test_the_stream_of_a_start_and_a_pause_in_one_frame_is_told_to_nobody",
        ),
    ),
    Fault(
        name="staff are not told the video that a pause hides",
        promise="the contract: a host who has paused the show no longer knows where its video is",
        file="liveshop/engine/fanout/broadcast.py",
        old="            self._tell_stream()\n",
        new="            pass\n",
        tests=(
            f"{_BROADCAST}"
            "::test_staff_get_the_frame_of_all_viewers_and_then_the_stream_that_it_hides",
        ),
    ),
    Fault(
        name="viewers are told the stream of an update before the show",
        promise=_PROMISE,
        file="liveshop/core/stream.py",
        old="case SessionUpdated() if not live or event.status is not Status.LIVE:",
        new="case SessionUpdated() if not live:",
        tests=(
            "tests/core/test_details.py"
            "::test_viewers_are_not_told_the_stream_of_an_update_outside_of_the_show",
        ),
    ),
    Fault(
        name="an update is not in the session's row",
        promise="P2: a list and a node that loads the show say what it said before its update",
        file="liveshop/stores/postgres/sessions.py",
        old="            await _keep_details(connection, session_id, events)\n",
        new="",
        tests=(
            "tests/stores/postgres/test_sessions.py"
            "::test_what_a_session_says_of_itself_is_in_its_row_with_the_event",
        ),
    ),
    Fault(
        name="a start changes during the show",
        promise="the contract: a show that is on is announced for later",
        file="liveshop/core/details.py",
        old="        if not status.is_planned:\n",
        new="        if status is Status.ENDED:\n",
        also=(
            (
                "from liveshop.core.session import",
                "from liveshop.core.model import Status\nfrom liveshop.core.session import",
            ),
        ),
        tests=(
            "tests/core/test_details.py"
            "::test_a_start_changes_before_the_show_and_all_else_until_its_end",
        ),
    ),
    Fault(
        name="a token for another session is shown this one's video",
        promise=_PROMISE,
        file="liveshop/edge/http/callers.py",
        old="return self.is_staff and self.session_id in (None, session_id)",
        new="return self.is_staff",
        tests=(f"{_SYSTEM}::test_a_token_for_another_session_is_shown_what_viewers_are",),
    ),
)
