"""Bugs in ballots and polls: a second vote, a vote that is lost, a result told too early."""

from typing import Final

from tests.planted.fault import Fault

_SQL: Final = "liveshop/features/ballots/ballots.sql"
_STORE: Final = "tests/features/ballots/test_store.py"
_ROOM: Final = "tests/features/ballots/test_room.py"
_POLLS: Final = "tests/features/polls/test_room.py"
_REHEARSED: Final = "tests/features/polls/test_rehearsal.py"
_CLOSING_WAITS: Final = f"{_STORE}::test_closing_waits_for_the_ballots_under_way_and_counts_them"
_CLOSE: Final = '        await self._database.commit(_SQL["close_boxes"], session_id, names)\n'
_COMMENT: Final = (
    "        # A statement of its own, which sees the ballots that the close has waited for.\n"
)
_READ: Final = "        tallies = await self.tallies(session_id, names)\n"

FAULTS: Final = (
    Fault(
        name="the share lock of a box left out",
        promise="P9: a vote that was answered is missing in the result",
        file=_SQL,
        old="    ORDER BY thing FOR SHARE\n",
        new="    ORDER BY thing\n",
        tests=(_CLOSING_WAITS,),
    ),
    Fault(
        name="a ballot taken by a closed box",
        promise="P9: a vote is answered that comes too late for the result",
        file=_SQL,
        old=" FROM given JOIN box USING (thing) ORDER BY thing, voter\n",
        new=" FROM given ORDER BY thing, voter\n",
        tests=(
            f"{_STORE}::test_a_closed_box_takes_no_ballot_and_answers_those_that_it_has",
            "tests/features/polls/test_two_nodes.py"
            "::test_voters_who_use_two_nodes_are_all_in_the_result_once_however_they_ask_again",
        ),
    ),
    Fault(
        name="a ballot answered before its COMMIT",
        promise="P9: a node that dies has told a vote that nobody has",
        file="liveshop/features/ballots/room_writer.py",
        old="            cast = await self._cast(batch)\n",
        new="            for ballot in batch:\n"
        "                for reply in self._askers[ballot.thing, ballot.voter]:\n"
        "                    reply(ballot.choice)\n"
        "            cast = await self._cast(batch)\n",
        tests=(f"{_ROOM}::test_nothing_is_answered_before_its_commit",),
    ),
    Fault(
        name="counts read before the box is closed",
        promise="P9: votes that came meanwhile are answered and missing in the result",
        file="liveshop/features/ballots/store.py",
        old=_CLOSE + _COMMENT + _READ,
        new=_READ + _CLOSE,
        tests=(_CLOSING_WAITS,),
    ),
    Fault(
        name="a second choice replaces the first",
        promise="P9: a viewer has a ballot for each time that it votes",
        file=_SQL,
        old="    ON CONFLICT (session_id, thing, voter) DO NOTHING\n",
        new="    ON CONFLICT (session_id, thing, voter) DO UPDATE SET choice = excluded.choice\n",
        tests=(f"{_STORE}::test_the_first_ballot_of_a_voter_counts_and_is_answered_ever_after",),
    ),
    Fault(
        name="a ballot counted each time that it is cast",
        promise="P9: a vote that is sent again is counted twice",
        file=_SQL,
        old="count(*) FROM made GROUP BY",
        new="count(*) FROM given GROUP BY",
        tests=(f"{_STORE}::test_the_first_ballot_of_a_voter_counts_and_is_answered_ever_after",),
    ),
    Fault(
        name="a ballot that another node has stored taken for a closed box",
        promise="P9: a voter is told that it is too late, and its vote is counted",
        file="liveshop/features/ballots/store.py",
        old="            if choice is None and is_open:\n",
        new="            if choice is None and not is_open:\n",
        tests=(
            f"{_STORE}::test_a_ballot_that_another_node_stores_meanwhile_is_answered_as_stored",
        ),
    ),
    Fault(
        name="an older count shown over a newer one",
        promise="counts that viewers see fall",
        file="liveshop/features/ballots/ballots.lua",
        old="        if tonumber(args[j + 1]) > "
        "(tonumber(redis.call('HGET', key, args[j])) or -1) then\n",
        new="        if tonumber(args[j + 1]) > -1 then\n",
        tests=("tests/features/ballots/test_copies.py::test_the_higher_number_wins_in_any_order",),
    ),
    Fault(
        name="ballots believed that an older PostgreSQL has lost",
        promise="P9: a voter is told a choice that is in no result",
        file="liveshop/features/ballots/room_writer.py",
        old="        self._store.known.forget(self._session.session_id)\n",
        new="",
        tests=(f"{_ROOM}::test_after_a_rebuild_nothing_is_believed_that_was_known_before",),
    ),
    Fault(
        name="counts shown before the end",
        promise="everyone knows how a vote stands that is to be secret until its end",
        file="liveshop/features/polls/rules.py",
        old='        return sum(by_choice) if self.show == "end" else by_choice\n',
        new="        return by_choice\n",
        tests=(f"{_POLLS}::test_before_the_end_no_frame_tells_more_of_a_poll_than_how_many_voted",),
    ),
    Fault(
        name="a box that a dead node has closed left without a result",
        promise="P8: a poll stays open for ever, and takes no vote",
        file="liveshop/features/polls/room.py",
        old="            for poll in self._abandoned\n",
        new="            for poll in self._abandoned - self._suspects\n",
        tests=(f"{_POLLS}::test_a_box_that_a_node_has_closed_and_told_nothing_of_gets_its_result",),
    ),
    Fault(
        name="a vote in a rehearsal replaces the first",
        promise="P9: a host rehearses another vote than the one that viewers will have",
        file="liveshop/features/polls/rehearsal.py",
        old="        if ballot.voter in ballots:\n            return\n",
        new="",
        tests=(
            f"{_REHEARSED}::test_the_first_vote_of_each_viewer_is_in_the_pulse_and_in_the_result",
        ),
    ),
    Fault(
        name="a rehearsed poll that takes votes after its end",
        promise="P9: a vote is taken in a rehearsal that is missing in the result",
        file="liveshop/features/polls/rehearsal.py",
        old="        if command.poll not in self._polls.open:\n",
        new="        if not self._polls.open and not self._polls.closed:\n",
        tests=(f"{_REHEARSED}::test_a_vote_after_the_end_is_refused_unless_one_was_stored_before",),
    ),
    Fault(
        name="a rehearsal that forgets the votes of open polls",
        promise="P9: the result of a rehearsed poll has only the last vote",
        file="liveshop/features/polls/rehearsal.py",
        old="kept = (*polls.closed[-REHEARSED_CLOSED_POLLS_MAX:], *polls.open)",
        new="kept = polls.closed[-REHEARSED_CLOSED_POLLS_MAX:]",
        tests=(f"{_REHEARSED}::test_what_is_decided_on_polls_is_what_a_real_show_decides",),
    ),
)
