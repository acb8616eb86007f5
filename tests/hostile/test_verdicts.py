"""The program that holds attacks is right about what anybody noticed."""

import math

import pytest

from tests.hostile.attacks import ATTACKS
from tests.hostile.attacks.descriptors import judge
from tests.hostile.attacks.ground import Ground
from tests.hostile.verdict import (
    FIGURES,
    Figure,
    Outcome,
    Quiet,
    left_over,
    slower,
    table,
    verdict,
)
from tests.hostile.victim import HostileShow, Reading

_CALM = Figure(5.0, 10.0, 30.0)


def _reading(**taken: int) -> Reading:
    names = (
        *("cpu_ns", "waited_ns", "rss_bytes", "descriptors", "log_lines"),
        *("redis_bytes", "postgres_transactions"),
    )
    nothing = dict.fromkeys(names, 0)
    return Reading(at_s=0.0, **{**nothing, **taken})


def _ground() -> Ground:
    return Ground("127.0.0.1", 1, HostileShow("s", "p", ("sku",)), (), 1.0, 0.0, 1_000)


def test_a_figure_is_the_median_of_its_windows_percentiles() -> None:
    # Three windows of 2 s; one of them is a bad one.
    lags = [(window * 2 + 1.0, lag) for window in range(3) for lag in (1.0, 2.0, 3.0)]
    assert Figure.of([*lags, (3.5, 900.0)], 0.0, 6.0) == Figure(2.0, 3.0, 900.0)


def test_a_lag_counts_in_the_window_in_which_it_began() -> None:
    late = [(5.9, 5_500.0), (2.5, 1.0), (4.5, 1.0)]
    assert Figure.of(late, 0.0, 6.0) == Figure(1.0, 1.0, 5_500.0)


def test_windows_without_any_lag_are_a_stall() -> None:
    assert Figure.of([(0.5, 1.0)], 0.0, 6.0) == Figure(math.inf, math.inf, 1.0)
    assert Figure.of([], 0.0, 6.0) == Figure(math.inf, math.inf, math.inf)


def test_an_attack_is_compared_with_the_larger_of_before_and_after() -> None:
    before, after = Figure(1.0, 8.0, 3.0), Figure(2.0, 5.0, 4.0)
    quiet = Quiet.of({"event": before}, {"event": after})
    assert quiet.figures == {"event": Figure(2.0, 8.0, 4.0)}


@pytest.mark.parametrize(
    ("meanwhile", "found"),
    [
        (Figure(5.0, 15.0, 30.0), []),
        (Figure(5.0, 15.1, 30.0), ["event 15.1 for 10.0 ms"]),
        (Figure(5.0, 10.0, 530.0), []),
        (Figure(5.0, 10.0, 531.0), ["event once 531 ms"]),
        (Figure(math.inf, math.inf, 9.0), ["event ∞ for 10.0 ms"]),
    ],
)
def test_over_one_and_a_half_times_the_quiet_p99_is_noticed(
    meanwhile: Figure, found: list[str]
) -> None:
    quiet = dict.fromkeys(FIGURES, _CALM)
    assert slower(quiet, quiet | {"event": meanwhile}) == found


def test_descriptors_memory_and_log_lines_that_are_left_are_noticed() -> None:
    before = _reading(descriptors=250, rss_bytes=100 * 2**20, log_lines=40)
    assert left_over(before, before, 10.0) == []
    after = _reading(descriptors=291, rss_bytes=229 * 2**20, log_lines=241)
    assert left_over(before, after, 10.0) == [
        "41 descriptors left",
        "129 MiB left",
        "20 log lines a second",
    ]


def test_a_row_says_what_was_noticed_and_what_it_was_before() -> None:
    quiet = dict.fromkeys(FIGURES, _CALM)
    calm = Outcome("a", "An attack", 1, quiet, quiet)
    loud = Outcome("b", "Another", 2, quiet, quiet, noticed=["the node ended"])
    assert (verdict(calm), calm.passed) == ("nobody noticed", True)
    assert (verdict(loud), loud.passed) == ("the node ended", False)
    *_, first, second = table([calm, loud], {"b": "the same"}).splitlines()
    assert [cell.strip() for cell in first.split("|")[1:-1]] == [
        "An attack (`a`)",
        *["10.0 → 10.0"] * len(FIGURES),
        *("0", "+0", "0.0", "nobody noticed", "—"),
    ]
    assert [cell.strip() for cell in second.split("|")[-3:-1]] == ["the node ended", "the same"]


def test_answers_that_are_whole_and_in_order_are_judged_right() -> None:
    ground = _ground()
    page = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
    frames = b'\x81\x0d[{"type":"a"}]'
    judge(ground, page + page + b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + frames, 2)
    judge(ground, page + page + b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 2)
    judge(ground, page, 2)
    assert ground.told.wrong == {}
    assert ground.counts == {"ended with 101": 1, "ended with 400": 1, "ended with 200": 1}


def test_an_upgrade_answered_before_its_turn_is_judged_wrong() -> None:
    ground = _ground()
    page = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
    judge(ground, page + b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + page, 2)
    judge(ground, page + b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + page, 1)
    judge(ground, page + b"\x81\x02hi", 1)
    assert ground.told.wrong == {
        "101 came after 1 of 2 answers": 1,
        "in the WebSocket's stream: b'HTTP/1.1 200 OK\\r\\ncon'": 1,
        "after 200: b'\\x81\\x02hi'": 1,
    }


def test_every_attack_has_a_name_of_its_own_and_says_what_it_is() -> None:
    assert {attack.point for attack in ATTACKS.values()} == {1, 2, 3, 5, 6}
    assert all(name == attack.name for name, attack in ATTACKS.items())
    assert len({attack.what for attack in ATTACKS.values()}) == len(ATTACKS)
