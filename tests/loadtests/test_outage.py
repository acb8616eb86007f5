"""The measurement of lost Redis works, and its bounds hold with few viewers."""

import re

from tests.loadtests.programs import measure


def test_nobody_is_disconnected_and_selling_goes_on_when_redis_comes_back_empty() -> None:
    done = measure("outage", "--viewers", "40", "--times", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^\| \d", done.stdout, re.MULTILINE)) == 2
    assert done.stdout.count("| 40 of 40 |") == 2
    assert "0 of 40 viewers lost their connection" in done.stdout
    assert "Audit: no findings" in done.stdout
