"""Faults planted in what meets strangers first: connections, before and after they are viewers'."""

from typing import Final

from tests.planted.fault import Fault

_RAW: Final = "tests/edge/test_raw_socket.py::test"
_DEADLINES: Final = "tests/edge/test_http_deadlines.py::test"
_PIPELINING: Final = "tests/edge/test_pipelining.py::test"
_CROWDS: Final = "tests/edge/test_crowds.py::test"
_DRIPS: Final = "tests/edge/test_drips.py::test"
_PACE: Final = "tests/edge/test_refusal_pace.py::test"
_LATE: Final = "tests/edge/test_late_nodes.py::test"
_TIME: Final = "tests/edge/test_time_keeping.py::test"
_TLS: Final = (
    "tests/edge/test_addresses.py::test_only_a_trusted_proxy_says_that_a_client_came_by_tls"
)

FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        name="a descriptor is wrapped twice",
        promise="P7: a viewer that is slow to read makes the node close another's connection",
        file="liveshop/edge/raw_socket.py",
        old="""        self.detach()
        if not transport""",
        new="""        if not transport""",
        tests=(f"{_RAW}_a_descriptor_that_is_wrapped_again_and_let_go_of_stays_open",),
    ),
    Fault(
        name="frames overtake a handshake that did not leave whole",
        promise="P6: a viewer that is slow to read finds frames amid the response",
        file="liveshop/edge/viewer_socket.py",
        old="        if not self._transport.get_write_buffer_size():\n",
        new="        if self._transport is not None:\n",
        tests=(f"{_RAW}_nothing_overtakes_a_handshake_that_did_not_leave_whole",),
    ),
    Fault(
        name="a snapshot is copied for each joiner that does not read",
        promise="P7: joiners that do not read take a node's memory",
        file="liveshop/edge/viewer_socket.py",
        old="memoryview(frame)[written:] if written else frame",
        new="frame[written:]",
        tests=(f"{_RAW}_joiners_that_do_not_read_share_the_bytes_of_one_snapshot",),
    ),
    Fault(
        name="line ends move the deadline of an idle connection",
        promise="P7: connections that ask for nothing stay for ever, and fill the node",
        file="liveshop/edge/http_protocol.py",
        old="        if self._outlet.holding:\n            self._held += data\n",
        new="        if self._awaited is Awaited.IDLE:\n            self._wait(Awaited.IDLE)\n"
        "        if self._outlet.holding:\n            self._held += data\n",
        tests=(f"{_DEADLINES}_line_ends_do_not_move_the_deadline_of_an_idle_connection",),
    ),
    Fault(
        name="a connection whose body never comes is kept for the next request",
        promise="P7: connections with half a body stay for ever, and fill the node",
        file="liveshop/edge/http_protocol.py",
        old="        self.cycle.keep_alive = False\n",
        new="        self.cycle.keep_alive = self._keeps_alive\n",
        tests=(f"{_DEADLINES}_an_answer_that_comes_before_the_body_ends_the_connection",),
    ),
    Fault(
        name="a declined upgrade that is not read is forgotten",
        promise="P7: a connection that nobody times",
        file="liveshop/edge/viewer_socket.py",
        old="""        self._gateway.schedule(self)
        self._gateway.refusals.""",
        new="        self._gateway.refusals.",
        tests=(f"{_DEADLINES}_a_declined_upgrade_that_is_not_read_is_cut_off_in_five_seconds",),
    ),
    Fault(
        name="an upgrade is answered ahead of earlier answers",
        promise="P6: answers to what was asked before land amid a viewer's frames",
        file="liveshop/edge/http_protocol.py",
        old="        elif self._unanswered:\n            # The answers",
        new="        elif self.pipeline:\n            # The answers",
        tests=(f"{_PIPELINING}_an_upgrade_behind_one_request_waits_until_it_is_answered",),
    ),
    Fault(
        name="the newest idle connection makes room",
        promise="P7: connections that rest keep out those that ask",
        file="liveshop/edge/entrance.py",
        old="next(iter(resting))",
        new="next(reversed(resting))",
        tests=(f"{_CROWDS}_the_one_that_has_rested_longest_makes_room_for_its_address",),
    ),
    Fault(
        name="health checks count like any other request",
        promise="P8: a node that strangers fill is taken for a dead one",
        file="liveshop/edge/http_protocol.py",
        old='self._in_reserve and cycle.scope["path"] not in HEALTH_PATHS',
        new="self._in_reserve",
        tests=(f"{_CROWDS}_health_is_told_however_many_connections_there_are",),
    ),
    Fault(
        name="a node that stood still judges before it reads",
        promise="P8: after a node was frozen, all of its viewers are closed as silent",
        file="liveshop/edge/gateway.py",
        old="self.wheel.advance(now_ms):",
        new="self.wheel.advance(now_ms := self.now_ms()):",
        tests=(f"{_LATE}_nobody_is_judged_before_what_had_come_by_then_is_read",),
    ),
    Fault(
        name="a late ping leaves no time to answer it",
        promise="P8: after a node was frozen, viewers that it did not ask are closed as silent",
        file="liveshop/core/connection.py",
        old="self._pong_by_ms and self._asked:",
        new="self._pong_by_ms:",
        tests=(
            "tests/core/test_connection.py"
            "::test_a_viewer_that_was_not_asked_in_time_is_asked_and_has_ten_seconds_to_answer",
        ),
    ),
    Fault(
        name="a viewer whose pong waits to be read is silent",
        promise="P7: while others flood a node, viewers that answer are closed as gone",
        file="liveshop/edge/viewer_socket.py",
        old="if self._has_unread:",
        new="if False:",
        tests=(
            "tests/edge/test_waiting_packets.py"
            "::test_a_viewer_whose_pong_waits_to_be_read_is_not_silent",
        ),
    ),
    Fault(
        name="a request that was late is told for good to be wrong",
        promise="P3: a merchant takes it for the answer to its payment, which is never stored",
        file="liveshop/edge/http/refusals.py",
        old="    status = 408\n",
        new='    status, code = 408, "bad_request"\n',
        tests=(
            "tests/edge/http/test_bodies.py"
            "::test_a_body_that_does_not_come_is_408_busy_so_that_its_client_asks_again",
        ),
    ),
    Fault(
        name="a connection on which nothing has come is answered",
        promise="P3: a client takes the 408 for the answer to what it has just sent",
        file="liveshop/edge/http_waits.py",
        old="            case Awaited.HEAD if self._head_begun:",
        new="            case Awaited.HEAD:",
        tests=(
            "tests/edge/test_entrance.py"
            "::test_a_head_that_is_late_is_408_busy_and_none_at_all_is_closed_without_an_answer",
        ),
    ),
    Fault(
        name="lists of a handshake read however long they are",
        promise="P7: one head of 16 KB takes six milliseconds from all viewers",
        file="liveshop/edge/handshake.py",
        old="        _require_short(name, value)\n",
        new="        _require_short(name, value[:1])\n",
        tests=(
            "tests/edge/test_long_lists.py::test_the_work_for_a_long_list_does_not_grow_with_it",
        ),
    ),
    Fault(
        name="fields of a head counted once all of them were read",
        promise="P7: a head of thousands of fields costs as many calls before it is refused",
        file="liveshop/edge/http_protocol.py",
        old="        if self._in_head and self._head_begun:\n",
        new="        if not self._head_begun:\n",
        tests=(
            "tests/edge/test_long_lists.py::test_too_many_fields_are_refused_before_the_head_ends",
        ),
    ),
    Fault(
        name="fields of a query counted once they were parsed",
        promise="P7: a query of thousands of names takes milliseconds from all viewers",
        file="liveshop/edge/http/endpoint.py",
        old='.count(b"&") >= QUERY_FIELDS_MAX:',
        new='.count(b";") >= QUERY_FIELDS_MAX:',
        tests=(
            "tests/edge/http/test_refusals.py"
            "::test_a_query_of_32_fields_is_read_and_one_more_is_refused_unread",
        ),
    ),
    Fault(
        name="refusals said as fast as they are provoked",
        promise="P7: an address that knocks again as soon as it is refused takes a core",
        file="liveshop/edge/refusals.py",
        old="return limits.REFUSAL_WAIT_MS if empty else 0",
        new="return 0",
        tests=(f"{_PACE}_beyond_a_hundred_each_refusal_of_an_address_waits_for_a_second",),
    ),
    Fault(
        name="what comes behind a declined upgrade is read as frames",
        promise="P7: what a stranger sends makes the node write after it has said the end",
        file="liveshop/edge/viewer_socket.py",
        old="        if not self._open:\n            return  # to read",
        new="        if not self.address:\n            return  # to read",
        tests=(f"{_PACE}_frames_behind_a_declined_upgrade_that_waits_are_not_looked_at",),
    ),
    Fault(
        name="a bug at the time of one connection ends the node",
        promise="P7: a stranger who meets a bug of ours closes the connections of all viewers",
        file="liveshop/edge/wheel.py",
        old="    except Exception:\n        # It may",
        new="    except BlockingIOError:\n        # It may",
        tests=(
            f"{_TIME}_a_bug_at_the_time_of_one_costs_its_connection_and_nobody_else",
            f"{_TIME}_a_bug_in_one_refusal_leaves_none_of_the_others_unsaid_when_a_node_ends",
        ),
    ),
    Fault(
        name="everybody behind a proxy waits for refusals of one",
        promise="P7: a stranger makes a proxy's other clients wait",
        file="liveshop/edge/entrance.py",
        old="        if name is None or name is _PROXIES:\n            return 0",
        new="        if name is None:\n            return 0",
        tests=(f"{_PACE}_a_proxy_does_not_wait_but_the_client_that_it_names_does",),
    ),
    Fault(
        name="every part of a request that drips is read as it comes",
        promise="P7: two thousand heads that come byte by byte take a turn of the loop from others",
        file="liveshop/edge/http_waits.py",
        old="            self._outlet.nap()\n",
        new="",
        tests=(f"{_DRIPS}_line_ends_behind_an_answer_wait_too",),
    ),
    Fault(
        name="a wait of a body that drips ends what uvicorn asked for",
        promise="P7: a body that nobody reads yet grows for as long as a stranger sends it",
        file="liveshop/edge/http_transport.py",
        old="if not (self._paused or self.holding",
        new="if not (self.holding",
        tests=(
            f"{_DRIPS}_a_body_that_its_handler_does_not_read_yet_is_read_no_further_after_a_wait",
        ),
    ),
    Fault(
        name="all that dripped at one instant is read at one instant",
        promise="P7: heads that drip in step hold the loop for as long as before, if less often",
        file="liveshop/edge/http_waits.py",
        old=" + randrange(wait_ms)\n",
        new="\n",
        tests=(f"{_DRIPS}_many_that_drip_in_step_are_read_at_different_times",),
    ),
    Fault(
        name="a request in several large parts waits as one that drips",
        promise="P7: a viewer whose head is longer than a packet joins seconds later",
        file="liveshop/edge/http_waits.py",
        old="limits.PART_BYTES_MIN - size)",
        new="limits.PART_BYTES_MIN)",
        tests=(f"{_DRIPS}_parts_of_half_a_kilobyte_never_wait",),
    ),
    Fault(
        name="parts of a frame are not counted",
        promise="P7: a viewer that sends its frames byte by byte costs a read for each",
        file="liveshop/edge/viewer_socket.py",
        old="len(frames) or 1",
        new="len(frames)",
        tests=(f"{_DRIPS}_parts_of_a_frame_are_counted_like_frames",),
    ),
    Fault(
        name="each connection of a viewer has rates of its own",
        promise="P7: a token over fifty connections does fifty times as much as it may",
        file="liveshop/edge/gateway.py",
        old="return visits.allowance if few else None",
        new="return allowance if few else None",
        tests=(
            "tests/edge/test_presence.py"
            "::test_all_connections_of_a_viewer_may_do_together_what_one_may",
        ),
    ),
    Fault(
        name="a stranger says that a client came by TLS",
        promise="HSTS: a page that anybody served in plain HTTP is closed to browsers for a year",
        file="liveshop/edge/addresses.py",
        old="if not forwarded_proto or not is_trusted(peer, trusted):",
        new="if not forwarded_proto:",
        tests=(_TLS,),
    ),
    Fault(
        name="one stretch of TLS stands for the whole way",
        promise="HSTS: a client that made up an entry is told to keep to a TLS that is not there",
        file="liveshop/edge/addresses.py",
        old='all(scheme.strip().lower() == "https"',
        new='any(scheme.strip().lower() == "https"',
        tests=(_TLS,),
    ),
    Fault(
        name="TLS to PostgreSQL that is only preferred is taken for required",
        promise="nobody is warned of orders that cross a network in plain text",
        file="liveshop/core/plain_text.py",
        old='("require", "verify-ca", "verify-full")',
        new='("prefer", "require", "verify-ca", "verify-full")',
        tests=(
            "tests/core/test_plain_text.py::test_a_postgres_whose_tls_is_not_required_is_found",
        ),
    ),
    Fault(
        name="a path of Redis' URL that is no number",
        promise="a node writes into database 0 of Redis, whichever one its URL names",
        file="liveshop/core/redis_servers.py",
        old="    if database and not (database.isascii() and database.isdecimal()):\n",
        new='    if database.startswith("/"):\n',
        tests=("tests/core/test_settings.py::test_a_bad_value_is_named_with_its_fix",),
    ),
)
