"""The token bucket, and the turnstile made of it."""

from liveshop.core.rate import Bucket, Turnstile


def test_a_burst_passes_and_the_next_waits_for_one_token() -> None:
    bucket = Bucket(5, 10, now_ms=1000)
    assert [bucket.take(1000) for _ in range(11)] == [0] * 10 + [200]


def test_a_refused_take_costs_nothing() -> None:
    bucket = Bucket(2, 1, now_ms=0)
    assert [bucket.take(now_ms) for now_ms in (0, 100, 300, 499, 500)] == [0, 400, 200, 1, 0]


def test_waiting_as_long_as_told_is_enough_and_a_millisecond_less_is_not() -> None:
    for per_second in (1, 3, 7, 20, 50, 999):
        bucket = Bucket(per_second, 1, now_ms=0)
        assert bucket.take(0) == 0
        wait_ms = bucket.take(0)
        assert bucket.take(wait_ms - 1) == 1
        assert bucket.take(wait_ms) == 0


def test_several_tokens_are_taken_together_or_not_at_all() -> None:
    bucket = Bucket(2, 10, now_ms=0)
    assert [bucket.take(0, 7), bucket.take(0, 4), bucket.take(0, 3)] == [0, 500, 0]


def test_the_rate_holds_over_a_minute() -> None:
    bucket = Bucket(20, 40, now_ms=0)
    passed = sum(bucket.take(now_ms) == 0 for now_ms in range(0, 60_000, 3))
    assert passed == 40 + 20 * 60 - 1


def test_a_clock_that_steps_back_gives_no_tokens_and_takes_none() -> None:
    bucket = Bucket(1, 1, now_ms=5000)
    assert bucket.take(5000) == 0
    assert bucket.take(3000) == 1000
    assert bucket.take(6000) == 0


def test_a_turnstile_lets_two_seconds_worth_through_and_gives_the_others_a_turn_each() -> None:
    turnstile = Turnstile(10, now_ms=0)
    assert [turnstile.wait_ms(0) for _ in range(23)] == [0] * 20 + [100, 200, 300]


def test_those_who_come_back_in_their_turn_are_let_through() -> None:
    turnstile = Turnstile(10, now_ms=0)
    waits = [turnstile.wait_ms(0) for _ in range(120)]
    back_at = sorted(wait_ms for wait_ms in waits if wait_ms)
    assert back_at == list(range(100, 10_001, 100))
    assert [turnstile.wait_ms(now_ms) for now_ms in back_at] == [0] * 100


def test_a_turnstile_that_was_quiet_gives_turns_from_now_on() -> None:
    turnstile = Turnstile(1_000, now_ms=0)
    assert [turnstile.wait_ms(0) for _ in range(2_003)][-3:] == [1, 2, 3]
    assert [turnstile.wait_ms(60_000) for _ in range(2_002)][-3:] == [0, 1, 2]
