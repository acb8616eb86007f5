"""Messages reach their webhooks, at least once and under one id, whatever the receivers do."""

from dataclasses import replace

import anyio
import pytest

from liveshop.features.change_feed.store import Feed
from liveshop.features.webhooks.rules import Fate, State
from tests.features.webhooks.conftest import Sender
from tests.features.webhooks.receiver import CUT, receiver
from tests.stores.postgres.shop import NOW
from tests.waiting import until

MINUTE = 60_000


async def test_a_purchase_is_told_signed_and_as_the_feed_has_it(sender: Sender) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        async with sender.working():
            await until(lambda: len(shop.requests) == 1)
            (rid,) = await sender.sell()
            await until(lambda: len(shop.requests) == 2)
            await sender.until(webhook_id, "done", 1)
    ping, told = shop.requests
    assert ping.message["type"] == "ping"
    assert told.message["type"] == "order.confirmed"
    assert told.message["data"]["order_id"] == rid
    assert told.headers["webhook-id"] == told.message["id"]
    assert told.headers["webhook-timestamp"] == str(NOW // 1000)
    assert told.headers["content-type"] == "application/json"
    assert told.headers["user-agent"].startswith("liveshop/")
    assert told.headers["host"] == f"127.0.0.1:{shop.port}"
    (stored,) = await sender.shop.database.fetch(
        "SELECT body FROM message WHERE type = 'order.confirmed'"
    )
    assert told.body == stored["body"]


async def test_a_webhook_hears_of_what_it_asked_for_from_then_on(sender: Sender) -> None:
    await sender.shop.open("s2", {"B": 5})
    await sender.sell()
    for session_id in ("s1", "s2"):
        await Feed(sender.shop.database).follow(session_id, NOW)
    async with receiver() as all_of_it, receiver() as sessions, receiver() as other:
        async with sender.working():
            # It is not sent what was told before it.
            await sender.hook(all_of_it.url, "*")
            await until(lambda: len(all_of_it.requests) == 1)
            assert all_of_it.requests[0].message["type"] == "ping"
            await sender.hook(sessions.url, "session.ended", "sale.*")
            await sender.hook(other.url, "order.*", session_id="s2")
            await until(lambda: len(sessions.requests) == len(other.requests) == 1)
            (rid,) = await sender.sell()
            await sender.shop.end("s1")
            await until(lambda: len(all_of_it.requests) == 3 and len(sessions.requests) == 2)
    assert sorted(each.message["type"] for each in all_of_it.requests[1:]) == [
        "order.confirmed",
        "session.ended",
    ]
    assert sessions.requests[1].message["type"] == "session.ended"
    assert len(other.requests) == 1
    assert ("order/" + rid, 1) in all_of_it.applied


async def test_a_failed_delivery_is_sent_again_under_its_id_when_its_time_has_come(
    sender: Sender,
) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        async with sender.working():
            await sender.until(webhook_id, "done", 1, "ping")
            shop.behaviour.extend([500, CUT, 302, 503])
            await sender.sell()
            for tries in range(1, 5):
                failed = await sender.until(webhook_id, "waiting", tries)
                assert failed.status == (None if tries == 2 else shop_said(tries))
                assert len(shop.requests) == 1 + tries
                sender.now_ms = failed.next_ms
            done = await sender.until(webhook_id, "done", 5)
    assert (done.status, done.answer) == (200, "answer 200")
    told = shop.requests[1:]
    assert len({each.headers["webhook-id"] for each in told}) == 1
    assert len({each.body for each in told}) == 1
    # Each try is signed as of its own time.
    assert len({each.headers["webhook-timestamp"] for each in told}) == 5
    assert [each.applied for each in told] == [True, False, False, False, False]
    # 5 s, 5 min, 30 min and 2 h, each a fifth more or less.
    assert 0.8 <= (sender.now_ms - NOW) / (5_000 + 5 * MINUTE + 30 * MINUTE + 120 * MINUTE) <= 1.2


def shop_said(tries: int) -> int:
    """Return the status of a try."""
    return {1: 500, 3: 302, 4: 503}[tries]


async def test_after_the_last_try_there_is_a_dead_letter_with_the_answer_and_it_can_be_replayed(
    sender: Sender,
) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        async with sender.working():
            await sender.until(webhook_id, "done", 1, "ping")
            shop.always = 500
            await sender.sell()
            for tries in range(1, 10):
                sender.now_ms = (await sender.until(webhook_id, "waiting", tries)).next_ms
            dead = await sender.until(webhook_id, "dead", 10)
            assert (dead.status, dead.answer) == (500, "answer 500")
            shop.always = 200
            again = await _replay(sender, webhook_id, "dead")
            assert again == 1
            await sender.until(webhook_id, "done", 1)
            assert await _replay(sender, webhook_id, "dead") == 0
            assert await _replay(sender, webhook_id, "done", "sale.*") == 0
            assert await _replay(sender, webhook_id, "done", "order.confirmed") == 1
            await until(lambda: len(shop.requests) == 1 + 12)
    assert len(set(shop.ids())) == 2
    assert len(shop.applied) == 2


async def _replay(sender: Sender, webhook_id: str, state: str, *types: str) -> int:
    replayed, following = await sender.webhooks.replay(
        webhook_id,
        from_ms=0,
        to_ms=sender.now_ms + 1,
        states=[Fate(state)],
        types=types or None,
        now_ms=sender.now_ms,
    )
    assert following is None
    return replayed


async def test_one_that_was_down_for_a_night_gets_everything_and_in_order_of_each_subject(
    sender: Sender,
) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url, "*", ordering="subject")
        async with sender.working():
            await sender.until(webhook_id, "done", 1, "ping")
            await shop.close()
            rids = await sender.sell(30)
            for rid in rids:
                await sender.shop.orders.cancel(rid)
            night_ms = sender.now_ms + 9 * 60 * MINUTE
            while sender.now_ms < night_ms:
                await sender.settled()
                waiting = await sender.deliveries(webhook_id)
                sender.now_ms = max(each.next_ms for each in waiting)
            await sender.settled()
            await shop.open()
            sender.now_ms += 24 * 60 * MINUTE
            await until(lambda: len(shop.applied) == 61)
            assert len(await sender.deliveries(webhook_id)) == 60
    for rid in rids:
        assert [n for subject, n in shop.applied if subject == f"order/{rid}"] == [1, 2]


async def test_a_receiver_that_says_gone_is_given_up_at_once_and_others_are_told(
    sender: Sender,
) -> None:
    async with receiver() as going, receiver() as staying:
        gone = await sender.hook(going.url)
        kept = await sender.hook(staying.url, "endpoint.disabled")
        async with sender.working():
            await sender.until(gone, "done", 1, "ping")
            going.behaviour.append(410)
            await sender.sell()
            await sender.until(gone, "parked", 1)
            told = await sender.until(kept, "done", 1, "endpoint")
            assert told.subject == f"webhook/{gone}"
            # Nothing is lost: what comes later is parked, too, and waits for its owner.
            await sender.sell()
            assert (await sender.until(gone, "parked", 0)).tries == 0
            assert (await sender.webhooks.get(gone)).wanted.state == "disabled"
            assert len(going.requests) == 2
            wanted = (await sender.webhooks.get(gone)).wanted
            await sender.webhooks.change(gone, replace(wanted, state=State.ON))
            assert await _replay(sender, gone, "parked") == 2
            await until(lambda: len(going.applied) == 3)
    # The path of its address may be a secret.
    assert staying.requests[-1].message["data"] == {
        "webhook_id": gone,
        "url": f"http://127.0.0.1:{going.port}",
        "gone": True,
    }


async def test_one_that_fails_for_five_days_and_twenty_tries_is_given_up(sender: Sender) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        async with sender.working():
            await sender.until(webhook_id, "done", 1, "ping")
            shop.always = 500
            await sender.sell(19)
            await until(lambda: len(shop.requests) == 20)
            await sender.until(webhook_id, "waiting", 1)
            sender.now_ms += 5 * 24 * 60 * MINUTE
            assert (await sender.webhooks.get(webhook_id)).wanted.state == "on"
            await sender.sell()
            await sender.settled()
    webhook = await sender.webhooks.get(webhook_id)
    assert (webhook.wanted.state, webhook.waiting, webhook.parked) == ("disabled", 0, 20)


async def test_a_message_that_its_receiver_refuses_for_good_is_not_sent_again(
    sender: Sender,
) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        async with sender.working():
            await sender.until(webhook_id, "done", 1, "ping")
            shop.answered_with["webhook-delivery"] = "abort-message"
            shop.behaviour.append(400)
            await sender.sell()
            aborted = await sender.until(webhook_id, "aborted", 1)
    assert (aborted.status, aborted.answer) == (400, "answer 400")


async def test_the_old_secret_signs_too_for_a_day(sender: Sender) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url)
        async with sender.working():
            await sender.until(webhook_id, "done", 1, "ping")
            await sender.webhooks.rotate(webhook_id, sender.now_ms)
            await sender.sell()
            await until(lambda: len(shop.requests) == 2)
            sender.now_ms += 86_400_000
            await sender.sell()
            await until(lambda: len(shop.requests) == 3)
    signed = [each.headers["webhook-signature"].count("v1,") for each in shop.requests]
    assert signed == [1, 2, 1]


@pytest.mark.parametrize("failures", [1, 3])
async def test_of_a_subject_in_order_one_message_is_in_flight(
    sender: Sender, failures: int
) -> None:
    async with receiver() as shop:
        webhook_id = await sender.hook(shop.url, ordering="subject")
        async with sender.working():
            await sender.until(webhook_id, "done", 1, "ping")
            shop.behaviour.extend([500] * failures)
            (rid,) = await sender.sell()
            await sender.shop.orders.cancel(rid)
            for round_ in range(failures + 2):
                await sender.settled()
                if round_ == 0:
                    # The second step waits for the first; another subject does not.
                    assert [n for subject, n in shop.applied if subject == f"order/{rid}"] == [1]
                    (other,) = await sender.sell()
                waiting = await sender.deliveries(webhook_id)
                sender.now_ms = max(sender.now_ms, *(each.next_ms for each in waiting))
            await until(lambda: (f"order/{rid}", 2) in shop.applied)
    told = [(each.message["subject"], each.message["sequence"]) for each in shop.requests[1:]]
    assert told.index((f"order/{rid}", 2)) > max(
        place for place, step in enumerate(told) if step == (f"order/{rid}", 1)
    )
    assert (f"order/{other}", 1) in shop.applied


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/\u00fc", "no answer: TypeError"),
        ("ftp://127.0.0.1:1/", "no answer: a fault of liveshop"),
    ],
)
async def test_an_address_that_cannot_be_called_leaves_failures_that_its_owner_sees(
    sender: Sender, url: str, words: str
) -> None:
    async with receiver() as shop:
        broken = await sender.hook(url)
        kept = await sender.hook(shop.url)
        async with sender.working():
            failed = await sender.until(broken, "waiting", 1, "ping")
            await sender.until(kept, "done", 1, "ping")
    assert (failed.status, (failed.answer or "").startswith(words)) == (None, True)
    assert (await sender.webhooks.get(broken)).failures == 1


async def test_a_hundred_webhooks_that_never_answer_hold_up_no_other(sender: Sender) -> None:
    async with receiver() as slow, receiver() as quick:
        slow.gate = anyio.Event()
        many = [await sender.hook(slow.url) for _ in range(110)]
        async with sender.working():
            await until(lambda: len(slow.requests) == 100)
            await anyio.sleep(2.1)  # slow is whatever takes two seconds
            slow.gate.set()
            for webhook_id in many:
                await sender.until(webhook_id, "done", 1, "ping")
            other = await sender.hook(quick.url)
            await sender.until(other, "done", 1, "ping")
            slow.gate, seen = anyio.Event(), len(slow.requests)
            await sender.sell()
            await sender.until(other, "done", 1)
            # Fifty slow ones wait for answers, and the ten that were quick.
            await until(lambda: len(slow.requests) == seen + 60)
            slow.gate.set()
            for webhook_id in many:
                await sender.until(webhook_id, "done", 1)
