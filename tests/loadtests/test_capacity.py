"""The calculator multiplies what was measured, and knows what more nodes do not help."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from loadtests.capacity import Costs, Show, full_at, main, need

_SHOW = Show(viewers=100_000)


def test_twice_the_viewers_take_twice_the_cores_and_memory() -> None:
    one, two = need(_SHOW), need(replace(_SHOW, viewers=200_000))
    assert two.cores == pytest.approx(2 * one.cores)
    assert two.memory_bytes == 2 * one.memory_bytes
    assert one.nodes < two.nodes <= 2 * one.nodes + 1


def test_a_node_alone_publishes_nothing() -> None:
    assert need(Show(viewers=1_000)).nodes == 1
    assert need(Show(viewers=1_000)).bus == 0
    assert need(_SHOW).bus > 0


def test_more_sessions_share_out_what_one_redis_slot_and_one_row_carry() -> None:
    one, ten = need(_SHOW), need(replace(_SHOW, sessions=10))
    assert (ten.redis, ten.row_lock) == pytest.approx((one.redis / 10, one.row_lock / 10))
    assert ten.postgres == pytest.approx(one.postgres)
    assert full_at(replace(_SHOW, sessions=10))[0] > full_at(_SHOW)[0]


def test_what_is_full_first_depends_on_what_is_done() -> None:
    assert full_at(_SHOW)[1] == "the Redis slot of a session"
    most, what = full_at(replace(_SHOW, orders_per_viewer=0.05))
    assert what == "the row of a session in Postgres"
    assert most * 0.05 == pytest.approx(Costs().session_orders_max, rel=0.01)


def test_the_table_has_a_row_for_each_number() -> None:
    shown = CliRunner().invoke(main, ["--viewers", "5000", "--viewers", "50000"])
    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) == 6
    assert " 50,000 |" in shown.output
    assert "Redis slot of a session is full" in shown.output
