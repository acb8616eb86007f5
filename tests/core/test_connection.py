"""The viewer's connection as a state machine: no socket, no clock."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from liveshop.core.close_codes import CloseCode
from liveshop.core.commands import PURCHASES, AskTime, Buy, Hello, Reserve
from liveshop.core.connection import Close, Connection, Nudge, Phase, StaffRefusal
from liveshop.core.roles import Identity, Role
from tests.vocabulary import VOCABULARY

T0 = 1_000_000
RID = "0b9f1a52-6a55-4b0e-a4d1-0d5ffb8b6f11"
TIME = {"type": "time", "client_ms": 1}
BUY = {"type": "buy", "rid": RID, "sku": "OBS-M", "quantity": 1}


def identity(role: Role) -> Identity:
    return Identity("u_1", "Ada", role)


def joined(role: Role | None = None) -> Connection:
    connection = Connection(VOCABULARY, ping_ms=25_000, now_ms=T0)
    connection.join(None if role is None else identity(role))
    return connection


def say(connection: Connection, message: Any, now_ms: int = T0) -> Any:
    return told(connection.receive(json.dumps(message), now_ms))


def say_to(connection: Connection, message: Any, refuses: Callable[[Any], bool]) -> Any:
    return told(connection.receive(json.dumps(message), T0, refuses))


def told(outcome: Any) -> Any:
    if isinstance(outcome, StaffRefusal):
        outcome = outcome.answer
    if not isinstance(outcome, bytes):
        return outcome
    assert outcome[0] == 0x81, "a final text frame"
    size = outcome[1]
    (refusal,) = json.loads(outcome[2:] if size < 126 else outcome[4:])
    return refusal


def code_of(refusal: Any) -> str:
    assert refusal["type"] == "error"
    return str(refusal["code"])


def code(outcome: Any) -> str:
    """Return the code of a refusal, `taken` for a command."""
    return code_of(outcome) if isinstance(outcome, dict) else "taken"


def test_a_good_hello_is_handed_over_and_the_connection_waits_for_join() -> None:
    connection = Connection(VOCABULARY, ping_ms=25_000, now_ms=T0)
    hello = say(connection, {"type": "hello", "ref": 1, "token": "a.b.c"})
    assert hello == Hello(ref=1, token="a.b.c")
    phases = [connection.phase]
    connection.join(identity(Role.VIEWER))
    assert [*phases, connection.phase] == [Phase.JOINING, Phase.JOINED]
    assert connection.identity == identity(Role.VIEWER)


@pytest.mark.parametrize("first", [{"type": "time", "client_ms": 1}, {}, {"type": ["hello"]}])
def test_another_first_message_than_hello_closes_with_4500(first: dict[str, Any]) -> None:
    connection = Connection(VOCABULARY, ping_ms=25_000, now_ms=T0)
    outcome = say(connection, first)
    assert isinstance(outcome, Close)
    assert outcome.code == CloseCode.NO_HELLO


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"hello"', "1", "{} {}", "NaN"])
def test_what_is_not_a_json_object_closes_with_4501(text: str) -> None:
    for connection in (Connection(VOCABULARY, ping_ms=25_000, now_ms=T0), joined()):
        outcome = connection.receive(text, T0)
        assert isinstance(outcome, Close)
        assert outcome.code == CloseCode.BAD_FRAME


def test_a_hello_with_a_bad_field_is_refused_and_another_may_follow() -> None:
    connection = Connection(VOCABULARY, ping_ms=25_000, now_ms=T0)
    refusal = say(connection, {"type": "hello", "ref": 4, "token": 7})
    assert (refusal["code"], refusal["ref"]) == ("bad_request", 4)
    assert say(connection, {"type": "hello"}) == Hello()


def test_a_second_hello_is_a_bad_request() -> None:
    refusal = say(joined(), {"type": "hello", "ref": 2})
    assert refusal == {
        "type": "error",
        "ref": 2,
        "code": "bad_request",
        "message": "`hello` was sent already, and comes only once",
    }


@pytest.mark.parametrize("ref", [-1, 2**53, 1.0, "7", True, [], None])
def test_an_error_to_an_unusable_ref_has_ref_null(ref: Any) -> None:
    refusal = say(joined(), {"type": "nonsense", "ref": ref})
    assert (refusal["code"], refusal["ref"]) == ("bad_request", None)


def test_the_largest_ref_is_echoed() -> None:
    assert say(joined(), {"type": "nonsense", "ref": 2**53 - 1})["ref"] == 2**53 - 1


def test_what_needs_a_token_is_unauthorized_without_one() -> None:
    assert code_of(say(joined(), BUY)) == "unauthorized"
    assert say(joined(), {"type": "time", "client_ms": 1}) == AskTime(client_ms=1)
    assert isinstance(say(joined(Role.VIEWER), BUY), Buy)


@pytest.mark.parametrize(
    ("message", "needed"),
    [
        ({"type": "product.pin", "product_id": "shirt"}, Role.MODERATOR),
        ({"type": "viewer.mute", "viewer_id": "u_2"}, Role.MODERATOR),
        ({"type": "session.start"}, Role.HOST),
    ],
)
def test_a_role_too_low_is_forbidden_and_higher_ones_include_it(
    message: dict[str, Any], needed: Role
) -> None:
    assert code_of(say(joined(), message)) == "unauthorized"
    for role in Role:
        outcome = say(joined(role), message)
        if role < needed:
            assert code_of(outcome) == "forbidden"
            assert outcome["message"] == f"this needs the role {needed.word}"
        else:
            assert outcome == say(joined(Role.ADMIN), message)


def passed(connection: Connection, message: dict[str, Any], times: int) -> list[bool]:
    return [not isinstance(say(connection, message), dict) for _ in range(times)]


@pytest.mark.parametrize(
    ("role", "message", "burst", "wait_ms"),
    [
        (None, {"type": "time", "client_ms": 1}, 40, 50),
        (Role.MODERATOR, {"type": "product.pin", "product_id": "shirt"}, 40, 50),
        (Role.HOST, {"type": "product.pin", "product_id": "shirt"}, 100, 20),
        (Role.ADMIN, {"type": "time", "client_ms": 1}, 100, 20),
        (Role.VIEWER, {"type": "say", "text": "hi"}, 5, 500),
        (Role.HOST, {"type": "say", "text": "hi"}, 5, 500),
        (Role.VIEWER, BUY, 10, 200),
        (Role.VIEWER, {**BUY, "type": "reserve"}, 10, 200),
        (Role.VIEWER, {"type": "checkout", "order_id": RID, "rids": [RID]}, 10, 200),
    ],
)
def test_a_burst_passes_and_the_next_is_told_when_to_try_again(
    role: Role | None, message: dict[str, Any], burst: int, wait_ms: int
) -> None:
    connection = joined(role)
    assert passed(connection, message, burst) == [True] * burst
    refusal = say(connection, {**message, "ref": 3})
    assert (refusal["code"], refusal["ref"]) == ("rate_limited", 3)
    assert refusal["retry_after_ms"] == wait_ms
    assert isinstance(say(connection, message, T0 + wait_ms - 1), dict)
    assert not isinstance(say(connection, message, T0 + wait_ms), dict)


def test_connections_that_share_an_allowance_may_do_together_what_one_may() -> None:
    first, second = (Connection(VOCABULARY, ping_ms=25_000, now_ms=T0) for _ in range(2))
    for each in (first, second):
        say(each, {"type": "hello"})
    shared = first.allowance
    for each in (first, second):
        each.join(identity(Role.VIEWER), shared)
    buys = [code(say(each, BUY)) for _ in range(6) for each in (first, second)]
    assert buys == ["taken"] * 10 + ["rate_limited"] * 2
    # `hello`, which each said for itself, was one of the forty; the refused ones were, too.
    asks = [code(say(each, TIME)) for _ in range(14) for each in (first, second)]
    assert asks == ["taken"] * 27 + ["rate_limited"]
    later = [code(say(each, TIME, T0 + 500)) for _ in range(6) for each in (first, second)]
    assert later == ["taken"] * 10 + ["rate_limited"] * 2


def test_a_host_has_an_allowance_for_each_connection() -> None:
    first, second = (Connection(VOCABULARY, ping_ms=25_000, now_ms=T0) for _ in range(2))
    for each in (first, second):
        say(each, {"type": "hello"})
    shared = first.allowance
    for each in (first, second):
        each.join(identity(Role.HOST), shared)
    asks = [code(say(each, TIME)) for _ in range(101) for each in (first, second)]
    assert asks == ["taken"] * 200 + ["rate_limited"] * 2


def test_buy_reserve_and_checkout_share_one_limit_and_chat_has_its_own() -> None:
    connection = joined(Role.VIEWER)
    assert passed(connection, BUY, 4) == [True] * 4
    assert passed(connection, {**BUY, "type": "reserve"}, 6) == [True] * 6
    assert passed(connection, {"type": "checkout", "order_id": RID, "rids": [RID]}, 1) == [False]
    assert passed(connection, {"type": "say", "text": "hi"}, 5) == [True] * 5
    assert passed(connection, {"type": "release", "rid": RID}, 1) == [True]


def test_what_is_refused_for_its_fields_counts_as_a_command_and_not_as_a_purchase() -> None:
    connection = joined(Role.VIEWER)
    assert passed(connection, {**BUY, "quantity": 0}, 25) == [False] * 25
    assert passed(connection, BUY, 10) == [True] * 10
    assert code_of(say(joined(Role.VIEWER), {**BUY, "quantity": 0})) == "bad_request"


def test_a_thousand_frames_at_once_and_two_hundred_a_second_are_no_flood() -> None:
    connection = joined()
    assert [connection.floods(frames, T0) for frames in (0, 600, 400, 0, 1)] == [False] * 4 + [True]
    assert [connection.floods(200, T0 + 1_000 * second) for second in (1, 2, 3)] == [False] * 3
    assert connection.floods(2, T0 + 3_005)


def test_pings_are_due_every_ping_ms() -> None:
    connection = joined()
    assert connection.due_ms == T0 + 25_000
    assert connection.tick(T0 + 24_999) is None
    assert connection.tick(T0 + 25_000) is Nudge.PING
    assert connection.tick(T0 + 25_000) is None
    assert connection.due_ms == T0 + 35_000


def test_without_a_pong_the_end_comes_ten_seconds_after_the_ping() -> None:
    connection = joined()
    assert connection.tick(T0 + 25_000) is Nudge.PING
    assert connection.tick(T0 + 34_999) is None
    assert connection.tick(T0 + 35_000) == Close(CloseCode.NO_PONG, "no pong in time")


def test_a_pong_gives_another_ping_ms_and_ten_seconds() -> None:
    connection = joined()
    assert connection.tick(T0 + 25_000) is Nudge.PING
    connection.pong(T0 + 25_100)
    assert connection.tick(T0 + 50_000) is Nudge.PING
    assert connection.tick(T0 + 60_099) is None
    assert isinstance(connection.tick(T0 + 60_100), Close)


def test_a_viewer_that_was_not_asked_in_time_is_asked_and_has_ten_seconds_to_answer() -> None:
    connection = joined()
    late = T0 + 60_000  # the node stood still when the ping was due
    assert connection.tick(late) is Nudge.PING
    assert connection.due_ms == late + 10_000
    assert connection.tick(late + 9_999) is None
    assert connection.tick(late + 10_000) == Close(CloseCode.NO_PONG, "no pong in time")


def test_further_pings_give_a_viewer_that_answers_none_no_more_time() -> None:
    connection = Connection(VOCABULARY, ping_ms=2_000, now_ms=T0)
    connection.join(None)
    for after_ms in range(2_000, 12_000, 2_000):
        assert connection.tick(T0 + after_ms) is Nudge.PING
    assert connection.tick(T0 + 12_000) == Close(CloseCode.NO_PONG, "no pong in time")


def test_hello_is_due_within_ten_seconds_and_not_once_it_came() -> None:
    waiting, welcome = Connection(VOCABULARY, ping_ms=25_000, now_ms=T0), joined()
    assert waiting.due_ms == T0 + 10_000
    assert waiting.tick(T0 + 9_999) is None
    assert waiting.tick(T0 + 10_000) == Close(CloseCode.NO_HELLO, "no hello in time")
    assert welcome.tick(T0 + 10_000) is None


def test_two_seconds_behind_is_too_slow_and_catching_up_starts_the_time_again() -> None:
    connection = joined()
    connection.fell_behind(T0 + 1_000)
    assert connection.due_ms == T0 + 3_000
    assert connection.tick(T0 + 2_999) is None
    connection.caught_up()
    assert connection.tick(T0 + 3_000) is None
    connection.fell_behind(T0 + 3_500)
    assert connection.tick(T0 + 5_500) == Close(CloseCode.TOO_SLOW, "too slow")


def test_a_closing_connection_asks_for_nothing_until_it_is_cut() -> None:
    connection = joined()
    connection.closing(by_ms=T0 + 30_000)
    assert connection.phase is Phase.CLOSING
    assert connection.due_ms == T0 + 30_000
    assert connection.tick(T0 + 29_999) is None
    assert connection.tick(T0 + 30_000) is Nudge.ABORT


def test_a_buy_that_is_refused_unread_is_nothing_to_carry_out_and_counts_towards_its_rate() -> None:
    buyer, asked = joined(Role.VIEWER), []

    def refuses(message: Any) -> bool:
        asked.append(message)
        return len(asked) <= PURCHASES.burst

    for number in range(PURCHASES.burst):
        assert buyer.receive(json.dumps(BUY | {"ref": number, "sku": 7}), T0, refuses) is None
    assert [message["ref"] for message in asked] == list(range(PURCHASES.burst))
    assert code(say_to(buyer, BUY, refuses)) == "rate_limited"


def test_nothing_is_refused_unread_but_a_buy_of_one_with_a_token() -> None:
    def refuses(message: Any) -> bool:
        raise AssertionError(f"asked about {message}")

    assert code(say_to(joined(), BUY, refuses)) == "unauthorized"
    assert isinstance(say_to(joined(Role.VIEWER), TIME, refuses), AskTime)
    reserve = BUY | {"type": "reserve"}
    assert isinstance(say_to(joined(Role.VIEWER), reserve, refuses), Reserve)
    joining = Connection(VOCABULARY, ping_ms=25_000, now_ms=T0)
    assert isinstance(say_to(joining, BUY, refuses), Close)


def recorded(connection: Connection, message: dict[str, Any], now_ms: int = T0) -> Any:
    """Return what the activity log is told of a refusal, None if it is told nothing."""
    outcome = connection.receive(json.dumps(message), now_ms)
    if not isinstance(outcome, StaffRefusal):
        return None
    return outcome.role, outcome.action, outcome.about, outcome.code


END = {"type": "session.end"}
MUTE = {"type": "viewer.mute", "viewer_id": "eve"}
LIKE = {"type": "like", "count": 1}


def test_what_one_of_the_staff_is_refused_is_told_with_what_it_was_about() -> None:
    moderator = joined(Role.MODERATOR)
    assert recorded(moderator, END) == (Role.MODERATOR, "session.end", None, "forbidden")
    assert recorded(moderator, {"type": "hold.release", "viewer_id": "eve", "rid": RID}) == (
        Role.MODERATOR,
        "hold.release",
        "eve",
        "forbidden",
    )
    assert recorded(moderator, MUTE) is None


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.HOST])
def test_what_is_refused_after_a_staff_token_has_ended_is_told_with_its_role(role: Role) -> None:
    connection = Connection(VOCABULARY, ping_ms=25_000, now_ms=T0)
    connection.join(identity(role), ends_ms=T0 + 5_000, now_ms=T0)
    for now_ms in (T0 + 5_000, T0 + 6_000):
        assert recorded(connection, MUTE, now_ms) == (role, "viewer.mute", "eve", "unauthorized")
        connection.tick(now_ms)
    assert recorded(connection, {"type": "say", "text": ""}) is None


def test_what_comes_too_fast_from_the_staff_is_told_if_it_is_for_the_staff() -> None:
    host = joined(Role.HOST)
    for _ in range(100):
        say(host, LIKE)
    assert recorded(host, MUTE) == (Role.HOST, "viewer.mute", "eve", "rate_limited")
    assert recorded(host, LIKE) is None
    assert recorded(host, {"type": ["session.end"]}) is None


@pytest.mark.parametrize("role", [Role.VIEWER, None])
def test_what_others_are_refused_is_told_to_nobody(role: Role | None) -> None:
    assert recorded(joined(role), END) is None


def test_what_a_refused_command_names_may_be_anything_and_is_cut() -> None:
    moderator = joined(Role.MODERATOR)
    for named, about in (("x" * 100, "x" * 64), (7, None), (None, None)):
        refused = {"type": "hold.release", "viewer_id": named, "rid": RID}
        found = recorded(moderator, refused)
        assert found is None or found[2] == about or found[2] == RID
