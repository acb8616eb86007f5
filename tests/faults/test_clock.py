"""A node whose clock is wrong, or jumps, sells and signs in by the stores' clock."""

import os
import signal
import time
from pathlib import Path

import pytest

from liveshop.engine.clock import Clock, SessionClock
from tests.client import Closed, connected
from tests.faults.nodes import node
from tests.system.shop import bought, reserved

DAY_S = 86_400
HOLD_MS = 300_000
SHIM = Path(__file__).parent / "wrong_clock"


def _is_now(ms: int) -> bool:
    return abs(ms - time.time() * 1000) < 10_000


async def test_a_wrong_clock_changes_nothing(redis_url: str, postgres_url: str) -> None:
    path = os.pathsep.join([str(SHIM), os.environ.get("PYTHONPATH", "")])
    wrong = {"PYTHONPATH": path, "CLOCK_SHIFT_S": str(DAY_S)}
    async with node(redis_url, postgres_url) as right:
        product = await right.shop.product(S=5)
        sku = product["variants"][0]["sku"]
        session_id = await right.shop.session(product, hold_ms=HOLD_MS)
        await right.shop.host(
            session_id,
            "sale.start",
            product_id=product["product_id"],
            percent=20,
            duration_ms=3_600_000,
        )
        log = await right.shop.log(session_id)
        async with (
            node(redis_url, postgres_url, **wrong) as other,
            connected(other.shop.ws, session_id) as ada,
        ):
            welcome = await ada.hello(other.shop.token("ada"))
            assert _is_now(welcome["now_ms"])
            order = await bought(ada, sku)
            assert (order["total"], _is_now(order["at_ms"])) == (4000, True)
            os.kill(other.process.pid, signal.SIGUSR1)
            later = await ada.ask("time", client_ms=0)
            assert _is_now(later["now_ms"]) and later["now_ms"] >= welcome["now_ms"]
            held = await reserved(ada, sku)
            assert _is_now(held["expires_at_ms"] - HOLD_MS)
            assert _is_now((await bought(ada, sku))["at_ms"])
            stale = other.shop.token("bo", exp=int(time.time()) - 60)
            async with connected(other.shop.ws, session_id) as late:
                with pytest.raises(Closed) as closed:
                    await late.hello(stale)
                assert closed.value.code == 4502
        assert await right.shop.log(session_id) == log


def test_each_reading_of_redis_clock_is_believed_and_a_jump_is_told() -> None:
    clock = Clock()
    ahead_ms = clock.now_ms()
    assert clock.observe(ahead_ms - DAY_S * 1000) == 0
    told_ms = clock.now_ms()
    assert told_ms < ahead_ms - DAY_S * 1000 + 10_000
    assert clock.observe(told_ms - 60_000) < -50_000
    assert told_ms - 60_000 <= clock.now_ms() < told_ms


def test_a_session_whose_time_is_ahead_stands_still_and_takes_no_other_along() -> None:
    clock = Clock()
    now_ms = clock.now_ms()
    clock.observe(now_ms)
    ahead, other = SessionClock(clock), SessionClock(clock)
    ahead.observe(now_ms + DAY_S * 1000)
    ahead.observe(now_ms)
    assert ahead.now_ms() == ahead.at(now_ms + 1) == now_ms + DAY_S * 1000
    assert _is_now(other.now_ms()) and _is_now(clock.now_ms())
    assert other.at(now_ms + 1) == now_ms + 1


def test_a_sessions_time_does_not_go_back_with_redis_clock() -> None:
    clock = Clock()
    clock.observe(clock.now_ms())
    session = SessionClock(clock)
    told_ms = session.now_ms()
    clock.observe(told_ms - 60_000)
    assert session.now_ms() == told_ms
