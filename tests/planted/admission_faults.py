"""Faults in how strangers are counted before anything is done for them."""

from typing import Final

from tests.planted.fault import Fault

_EDGE: Final = "liveshop/edge"
_TESTS: Final = "tests/edge"

FAULTS: Final = (
    Fault(
        name="an IPv6 address counted whole",
        promise="P7: one machine has the allowance of 2⁶⁴",
        file=f"{_EDGE}/addresses.py",
        old="prefix = prefix_ipv4 if parsed.version == 4 else prefix_ipv6",
        new="prefix = prefix_ipv4 if parsed.version == 4 else 128",
        tests=(f"{_TESTS}/test_presence.py::test_viewers_of_one_64_are_counted_as_one_address",),
    ),
    Fault(
        name="an unreadable client taken for its proxy",
        promise="P7: clients that cannot be told apart have the allowance of the proxy",
        file=f"{_EDGE}/addresses.py",
        old="            return UNREADABLE\n",
        new="            return peer\n",
        tests=(
            f"{_TESTS}/test_presence.py::"
            "test_viewers_whose_address_cannot_be_read_share_an_allowance_that_is_not_the_proxys",
        ),
    ),
    Fault(
        name="a forged turn honoured",
        promise="P7: a stranger goes before everybody, as often as it likes",
        file=f"{_EDGE}/turns.py",
        old="if hmac.compare_digest(_sign(key, session_id, ticket), signature):",
        new="if len(_sign(key, session_id, ticket)) == len(signature):",
        tests=(f"{_TESTS}/test_turns.py::test_a_forged_turn_is_none",),
    ),
    Fault(
        name="a turn that is never spent",
        promise="P7: one turn lets a thousand connections in",
        file=f"{_EDGE}/gateway.py",
        old="                self.turns.spend(turn)\n",
        new="",
        tests=(f"{_TESTS}/test_turns.py::test_a_turn_lets_one_in_and_is_then_as_good_as_none",),
    ),
    Fault(
        name="an API key looked up before its address is counted",
        promise="P7: a flood of made-up keys is a flood of queries",
        file=f"{_EDGE}/http/gate.py",
        old="        self._guesses.take(address)\n",
        new="",
        tests=(
            f"{_TESTS}/http/test_gate.py::"
            "test_a_flood_of_made_up_keys_is_refused_before_the_database_is_asked",
        ),
    ),
    Fault(
        name="a token verified before its address is counted",
        promise="P7: a flood of forged tokens is a flood of signatures to verify",
        file=f"{_EDGE}/guesses.py",
        old="        self.require_room(address)\n",
        new="",
        tests=(
            f"{_TESTS}/http/test_gate.py::"
            "test_a_flood_of_forged_tokens_is_refused_before_they_are_verified",
        ),
    ),
    Fault(
        name="a key taken away that its node still knows",
        promise="P7: a key that was stolen lets its thief in after it is taken away",
        file=f"{_EDGE}/http/known_keys.py",
        old="            self._found.clear()\n",
        new="",
        tests=(
            f"{_TESTS}/http/test_gate.py::"
            "test_a_key_that_is_taken_away_is_refused_at_once_here_and_in_a_second_elsewhere",
        ),
    ),
    Fault(
        name="a key that held counted as a guess",
        promise="P7: whoever guesses behind a backend's NAT locks the backend out",
        file=f"{_EDGE}/http/gate.py",
        old="        if self._keys.held(secret):\n",
        new="        if False:\n",
        tests=(
            f"{_TESTS}/http/test_gate.py::"
            "test_a_backend_goes_on_while_somebody_at_its_address_guesses",
        ),
    ),
    Fault(
        name="requests that were never begun kept with their connection",
        promise="P7: a client that hangs up amid its requests leaves memory behind each time",
        file=f"{_EDGE}/http_protocol.py",
        old="        self.pipeline.clear()  # requests",
        new="        # requests",
        tests=(
            f"{_TESTS}/test_http_leftovers.py::"
            "test_a_lost_connection_leaves_nothing_to_the_collector",
        ),
    ),
    Fault(
        name="viewers who were refused counted until they hang up",
        promise="P7: one address that goes on knocking beyond its limit keeps everybody out",
        file=f"{_EDGE}/gateway.py",
        old="        return len(self._guests) - len(self._refused) > self.settings",
        new="        return len(self._guests) > self.settings",
        tests=(
            f"{_TESTS}/test_refused_viewers.py::"
            "test_an_address_beyond_its_limit_leaves_the_others_their_places",
        ),
    ),
    Fault(
        name="half a head taken for a request under way",
        promise="P7: an address whose heads never end has no place for a request",
        file=f"{_EDGE}/http_waits.py",
        old="            if self._awaited is Awaited.HEAD:  # half",
        new="            if self._awaited is Awaited.HEAD and not self._head_begun:  # half",
        tests=(
            f"{_TESTS}/test_crowds.py::"
            "test_a_connection_without_a_whole_head_makes_room_once_it_is_a_second_old",
        ),
    ),
    Fault(
        name="lines of strangers without a limit",
        promise="P7: a stranger fills the disk that the others' node logs to",
        file=f"{_EDGE}/line_limit.py",
        old="        if kind.passed >= self._lines:\n",
        new="        if kind.passed < 0:\n",
        tests=(
            f"{_TESTS}/test_line_limit.py::"
            "test_what_strangers_cause_logs_five_lines_a_second_of_each_kind",
        ),
    ),
    Fault(
        name="joiners counted for all before they are by address",
        promise="P7: an address that knocks without end uses up everybody's turns",
        file="liveshop/core/turnstile.py",
        old="        if self._shares.of(address, self._share, now_ms).take(now_ms):\n",
        new="        if not self._share:\n",
        tests=(
            f"{_TESTS}/test_turns.py::"
            "test_one_address_that_knocks_without_end_leaves_the_others_their_turns",
        ),
    ),
    Fault(
        name="made-up sessions that are looked up without a count",
        promise="P7: strangers keep PostgreSQL busy with ids that they make up",
        file="liveshop/edge/gateway.py",
        old="            self._strays.take(guest.address)\n",
        new="            self._strays.require_room(guest.address)\n",
        tests=(
            "tests/edge/test_gateway.py"
            "::test_an_address_that_makes_sessions_up_is_sent_away_with_no_look_up",
        ),
    ),
    Fault(
        name="a session that is not there is asked for each time",
        promise="P7: one stale link that thousands follow is a query for each",
        file="liveshop/engine/rooms/missing.py",
        old="        if session_id in self:\n",
        new="        if not session_id:\n",
        tests=(
            "tests/engine/test_missing.py"
            "::test_a_made_up_session_is_one_query_for_all_who_ask_in_whatever_way",
        ),
    ),
)
