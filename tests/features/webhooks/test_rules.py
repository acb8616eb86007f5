"""When a failed delivery is tried again, what answers mean, and how messages are signed."""

from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from liveshop.features.webhooks.rules import (
    FAILING_MS_MAX,
    FAILURES_MIN,
    RETRIES_S,
    TRIES_MAX,
    Fate,
    Outcome,
    concurrency_after,
    is_to_be_disabled,
    outcome,
    shown_secret,
    signature,
)

NOW = 1_790_000_000_000
SECRET, OTHER = b"x" * 24, b"y" * 24


def _after(status: int | None, tries: int = 1, chance: float = 0.5, **headers: str) -> Outcome:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return outcome(status, named, tries=tries, now_ms=NOW, chance=chance)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_an_answer_of_2xx_is_a_success(status: int) -> None:
    assert _after(status) == Outcome(fate=Fate.DONE)
    assert _after(status, tries=TRIES_MAX, webhook_delivery="abort-message").fate is Fate.DONE


@pytest.mark.parametrize("status", [None, 100, 301, 302, 307, 400, 404, 500, 503])
def test_everything_else_is_tried_again_redirects_too(status: int | None) -> None:
    assert _after(status) == Outcome(fate=Fate.WAITING, next_ms=NOW + 5_000)


def test_the_waits_are_those_that_receivers_are_told_and_the_last_try_leaves_a_dead_letter() -> (
    None
):
    waits = [(_after(500, tries).next_ms - NOW) // 1000 for tries in range(1, TRIES_MAX)]
    assert waits == [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert sum(waits) == 75 * 3_600 + 35 * 60 + 5
    assert _after(500, TRIES_MAX) == Outcome(fate=Fate.DEAD)


def test_retries_are_spread_by_a_fifth() -> None:
    spread = [_after(500, 2, chance).next_ms - NOW for chance in (0.0, 0.5, 1.0)]
    assert spread == [240_000, 300_000, 360_000]


@pytest.mark.parametrize(
    ("asked", "tries", "wait_s"),
    [("60", 1, 60), ("1", 1, 5), ("9999", 1, 300), ("99999999", 9, 86_400), ("soon", 1, 5)],
)
def test_a_receiver_may_ask_for_time_up_to_the_next_wait(
    asked: str, tries: int, wait_s: int
) -> None:
    assert (
        _after(503, tries, retry_after=asked).next_ms
        == NOW + max(wait_s, RETRIES_S[tries - 1] if asked == "1" else wait_s) * 1000
    )


def test_a_receiver_may_say_that_it_wants_no_more_of_a_message_or_at_all() -> None:
    assert _after(400, webhook_delivery="abort-message") == Outcome(fate=Fate.ABORTED)
    assert _after(410) == Outcome(fate=Fate.PARKED, gone=True)


@pytest.mark.parametrize("status", [429, 502, 504])
def test_a_receiver_with_too_much_to_do_gets_half_at_once(status: int) -> None:
    assert _after(status).overloaded
    assert concurrency_after(8, 19, 5, overloaded=True) == (4, 0)
    assert concurrency_after(1, 0, 0, overloaded=True) == (1, 0)


def test_twenty_successes_are_one_more_at_once_up_to_eight() -> None:
    assert concurrency_after(4, 0, 19, overloaded=False) == (4, 19)
    assert concurrency_after(4, 19, 1, overloaded=False) == (5, 0)
    assert concurrency_after(8, 19, 8, overloaded=False) == (8, 7)


@pytest.mark.parametrize(
    ("failures", "for_ms", "given_up"),
    [
        (FAILURES_MIN, FAILING_MS_MAX, True),
        (FAILURES_MIN - 1, FAILING_MS_MAX, False),
        (FAILURES_MIN, FAILING_MS_MAX - 1, False),
    ],
)
def test_an_endpoint_is_given_up_after_days_and_many_tries(
    failures: int, for_ms: int, given_up: bool
) -> None:
    assert is_to_be_disabled(failures, NOW, NOW + for_ms) is given_up
    assert not is_to_be_disabled(10_000, None, NOW)


def _headers(signed: str, at_s: int) -> dict[str, Any]:
    return {"webhook-id": "evt_1", "webhook-timestamp": str(at_s), "webhook-signature": signed}


def test_what_we_sign_is_verified_by_the_library_of_standard_webhooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_s = 1_790_000_000
    _stand_still(monkeypatch, at_s)
    body = b'{"type":"order.confirmed","data":{"n":"\xc3\xa9"}}'
    for secrets in ((SECRET,), (SECRET, OTHER)):
        headers = _headers(signature(secrets, "evt_1", at_s, body), at_s)
        for each in secrets:
            Webhook(shown_secret(each)).verify(body, headers)
    for wrong in (
        _headers(signature((OTHER,), "evt_1", at_s, body), at_s),
        _headers(signature((SECRET,), "evt_2", at_s, body), at_s),
        _headers(signature((SECRET,), "evt_1", at_s + 1, body), at_s),
        _headers(signature((SECRET,), "evt_1", at_s, body + b" "), at_s),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(shown_secret(SECRET)).verify(body, wrong)


def _stand_still(monkeypatch: pytest.MonkeyPatch, at_s: int) -> None:
    """Have the library take an instant for now: it refuses what is older than five minutes."""
    import standardwebhooks.webhooks as module

    class _Clock(module.datetime):  # type: ignore[misc, name-defined]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(at_s, tz)

    monkeypatch.setattr(module, "datetime", _Clock)
