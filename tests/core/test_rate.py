"""The token bucket."""

from liveshop.core.rate import Bucket, Buckets


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


def test_what_is_left_in_a_bucket_is_not_taken_and_what_is_not_there_may_be_taken_in_advance() -> (
    None
):
    bucket = Bucket(10, 20, now_ms=0)
    assert [bucket.take(0, leaving=10) for _ in range(11)] == [0] * 10 + [100]
    assert [bucket.take(0) for _ in range(11)] == [0] * 10 + [100]
    assert [bucket.take(0, leaving=-2) for _ in range(3)] == [0, 0, 100]
    assert [bucket.take(200), bucket.take(300)] == [100, 0]


def test_a_token_that_was_taken_for_nothing_is_put_back_and_no_more_than_a_burst_is_kept() -> None:
    bucket = Bucket(1, 2, now_ms=0)
    bucket.give_back()
    assert [bucket.take(0) for _ in range(3)] == [0, 0, 1000]
    bucket.give_back()
    assert [bucket.take(0) for _ in range(2)] == [0, 1000]


def test_the_buckets_drawn_from_last_are_kept() -> None:
    buckets = Buckets(kept_max=2)
    for name in ("one", "two", "one", "three"):
        buckets.of(name, (1, 10), 0).take(0)
    assert len(buckets) == 2
    assert buckets.get("two") is None
    assert buckets.of("one", (1, 10), 0).take(0, 9) == 1000  # two of its ten are gone
