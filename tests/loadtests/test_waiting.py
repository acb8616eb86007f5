"""A state that is waited for in vain is told as it is at the end."""

import pytest

from loadtests.kit.shop import wait_until
from loadtests.kit.worker import WorkerFailed


def test_the_reason_is_made_when_waiting_has_ended() -> None:
    log: list[str] = []

    def never() -> bool:
        log.append("no such file")
        return False

    with pytest.raises(WorkerFailed, match="the server starts: no such file"):
        wait_until(never, lambda: f"the server starts: {log[-1]}", 0.0)
