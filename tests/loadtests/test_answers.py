"""The memory of a user of Locust's: no answer is noted, and no memory grows with the run."""

from loadtests.locusts.answers import FINALS_MAX, Asked, Finals


def test_a_command_without_an_answer_is_told_once() -> None:
    now_s = 100.0
    asked = Asked(30, lambda: now_s)
    pin, end = asked.add("product.pin"), asked.add("sale.end")
    now_s = 101.0
    assert asked.answered(end) == ("sale.end", 1_000.0)
    now_s = 129.0
    assert asked.overdue() == []
    now_s = 130.0
    assert asked.overdue() == ["product.pin"]
    assert asked.overdue() == []
    assert asked.answered(pin) is None


def test_an_answer_to_nothing_is_none() -> None:
    asked = Asked(30)
    asked.add("product.pin")
    assert asked.answered(None) is None
    assert asked.answered(7) is None


def test_a_rid_that_ends_otherwise_later_is_noticed() -> None:
    finals = Finals()
    assert finals.take("a", "refused")
    assert finals.take("b", "confirmed")
    assert finals.take("a", "refused")
    assert not finals.take("a", "confirmed")
    assert (finals.get("a"), finals.get("c")) == ("refused", None)


def test_the_last_ends_are_remembered() -> None:
    finals = Finals()
    for number in range(FINALS_MAX + 1):
        finals.take(str(number), "confirmed")
    assert finals.get("0") is None
    assert (finals.get("1"), finals.get(str(FINALS_MAX))) == ("confirmed", "confirmed")
