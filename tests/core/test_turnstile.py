"""How many may join at once, and in whose turn the others come."""

from liveshop.core import limits
from liveshop.core.turnstile import Turnstile


def told(turnstile: Turnstile, now_ms: int, address: str) -> int:
    """Knock; return 0 if that let somebody in, or in how many ms to come back."""
    return 0 if turnstile.admits(now_ms, address) else turnstile.turn_ms(now_ms, address)


def test_two_seconds_worth_of_many_addresses_pass_and_the_others_are_given_a_turn_each() -> None:
    turnstile = Turnstile(10, now_ms=0)
    waits = [told(turnstile, 0, f"address {number}") for number in range(23)]
    assert waits == [0] * 20 + [100, 200, 300]


def test_those_who_come_back_in_their_turn_are_let_through() -> None:
    turnstile = Turnstile(10, now_ms=0)
    waits = {number: told(turnstile, 0, f"address {number}") for number in range(120)}
    assert sorted(waits.values()) == [0] * 20 + list(range(100, 10_001, 100))
    back = [told(turnstile, waits[number], f"address {number}") for number in range(20, 120)]
    assert back == [0] * 100


def test_a_turnstile_that_was_quiet_gives_turns_from_now_on() -> None:
    turnstile = Turnstile(1_000, now_ms=0)
    for now_ms, passed in ((0, 2_000), (60_000, 2_000)):
        waits = [told(turnstile, now_ms, f"address {number}") for number in range(passed + 3)]
        assert waits[-4:] == [0, 1, 2, 3]


def test_an_address_that_knocks_ten_thousand_times_leaves_the_others_their_places() -> None:
    turnstile = Turnstile(100, now_ms=0)
    waits = [told(turnstile, 0, "flood") for _ in range(10_000)]
    # Half of what may come at once, and half of the other half; then a line of its own.
    assert waits[:152] == [0] * 150 + [10, 20]
    assert waits[-1] == 98_500
    others = [told(turnstile, 0, f"address {number}") for number in range(53)]
    # The shared line moves at three quarters of the rate while somebody crowds.
    assert others == [0] * 50 + [13, 26, 39]


def test_an_address_alone_uses_the_whole_rate_even_beyond_its_share() -> None:
    turnstile = Turnstile(100, now_ms=0)
    passed = sum(not told(turnstile, now_ms, "one") for now_ms in range(0, 60_001, 5))
    # The other half of what may come at once is still there in the end.
    assert passed == 100 + 100 * 60


def test_an_address_beyond_its_share_leaves_a_steady_stream_of_others_alone() -> None:
    turnstile = Turnstile(100, now_ms=0)
    others = flood = 0
    for now_ms in range(0, 60_000, 20):  # fifty others a second, a thousand of one address
        others += not told(turnstile, now_ms, f"address {now_ms}")
        flood += sum(not told(turnstile, now_ms, "flood") for _ in range(20))
    assert others == 3_000
    assert 50 * 59 <= flood <= 50 * 60 + 150


def test_lines_of_addresses_share_a_quarter_of_the_rate_while_others_wait() -> None:
    turnstile = Turnstile(10, now_ms=0)
    for flood in ("flood 1", "flood 2"):
        while not turnstile.has_own_line(flood):
            turnstile.admits(0, flood)
    alone = [turnstile.turn_ms(0, "flood 1"), turnstile.turn_ms(0, "flood 1")]
    assert alone == [200, 400]  # two lines, so each moves at half the rate
    assert turnstile.turn_ms(0, "somebody") == 133
    assert turnstile.turn_ms(0, "flood 1") == 400 + 800
    assert turnstile.turn_ms(0, "flood 2") == 800


def test_one_whose_turn_has_come_is_let_in_where_newcomers_have_taken_every_place() -> None:
    turnstile = Turnstile(10, now_ms=0)
    for number in range(20):
        assert turnstile.admits(0, f"address {number}")
    assert not turnstile.admits(0, "newcomer")
    # Those of an address's own line take half a second's places in advance, the others two.
    own = [turnstile.take_in_turn_ms(0, own_line=True) for _ in range(6)]
    assert own == [0] * 5 + [100]
    shared = [turnstile.take_in_turn_ms(0, own_line=False) for _ in range(16)]
    assert shared == [0] * 15 + [100]
    # So newcomers find no place until that is made up for.
    assert [turnstile.admits(now_ms, "newcomer") for now_ms in (2_099, 2_100)] == [False, True]


def test_what_is_kept_of_addresses_is_bounded() -> None:
    turnstile = Turnstile(1, now_ms=0)
    for number in range(limits.TURNSTILE_ADDRESSES_MAX + 100):
        for _ in range(3):
            told(turnstile, 0, f"address {number}")
    addresses = [f"address {number}" for number in range(limits.TURNSTILE_ADDRESSES_MAX + 100)]
    lines = sum(turnstile.has_own_line(address) for address in addresses)
    assert lines <= limits.TURNSTILE_LINES_MAX + 1
    # One that is known has used its share up; to one that was forgotten it is given again.
    for address, known in ((addresses[100], True), (addresses[99], False)):
        turnstile.admits(0, address)
        assert turnstile.has_own_line(address) is known


def test_the_line_of_an_address_is_forgotten_once_its_turns_are_over() -> None:
    turnstile = Turnstile(10, now_ms=0)
    for _ in range(30):
        told(turnstile, 0, "flood")
    assert turnstile.has_own_line("flood")
    turnstile.turn_ms(10_000, "somebody")
    assert not turnstile.has_own_line("flood")
