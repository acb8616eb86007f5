"""The calculator multiplies what was measured, and knows what more nodes do not help."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from loadtests.capacity import USUAL, Costs, Show, full_at, main, need, rows

_SHOW = Show(viewers=100_000)
_DOC = (Path(__file__).parents[2] / "docs" / "capacity.md").read_text()


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


def test_the_page_has_the_table_as_it_is_made() -> None:
    lines = [line for line in _DOC.splitlines() if re.match(r"\| [\d,]+ \|", line)]
    told = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    assert told == rows([Show(viewers=count) for count in USUAL])


def test_the_page_says_what_each_cost_is_and_what_measured_it() -> None:
    measured = _DOC.partition("## Measured costs")[2].partition("All were taken")[0]
    costs = Costs()
    for told in (
        f"| one frame to one viewer | {costs.delivery_us:.1f} µs ",
        f"| a join, with its snapshot | {costs.join_us:.0f} µs ",
        f"node | {costs.node_order_us:.0f} µs ",
        f"Redis | {costs.redis_order_us:.0f} µs ",
        f"Postgres | {costs.postgres_order_us:.0f} µs, ",
        f"| {costs.session_orders_max:,.0f} a second, ",
        f"| {costs.bus_message_us:.1f} µs of Redis for each node, ",
        f" and {costs.bus_byte_us * 1e3:.1f} ns for each byte |",
        f"| {costs.pulse_us:.0f} µs of Redis, and {costs.pulse_per_node_us:.1f} µs for each node",
        f"| {costs.letter_us:.1f} µs of a node's core | nothing: a guess |",
        f"| {costs.viewer_bytes / 1024:.1f} KiB in the node, ",
        f"{costs.kernel_viewer_bytes / 1024:.1f} KiB in the kernel",
    ):
        assert told in measured, told
