"""A rolling restart behind nginx; `make topology` makes a longer one, and fails over the stores."""

import pytest

from tests.conftest import store_folder
from tests.topology.programs import ProgramMissing
from tests.topology.run import PAUSE_S, WatchedRun, schedule_with
from tests.topology.world import Topology, opened

_COMMANDS = 900


def test_a_rolling_restart_behind_nginx_loses_no_order_and_no_viewer() -> None:
    with store_folder() as folder:
        try:
            topology = Topology(folder, balancer="nginx")
        except ProgramMissing as missing:
            pytest.fail(str(missing), pytrace=False)
        with opened(topology) as world:
            schedule = schedule_with(
                "rolling restart", commands=_COMMANDS, at=(0.25,), lasts_s=PAUSE_S
            )
            report = WatchedRun(world, schedule).carry_out()
    assert report.findings == [], report.story()
    assert report.killed == {"restart": 2}
    assert report.outcomes["confirmed"] > 0
