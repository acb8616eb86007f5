"""How the number of users changes; `--users`, `--spawn-rate` and `--run-time` say how much.

ramp        from nobody to all, in ten steps
spike       only buyers and a host: every flash sale has everyone buy within two seconds
reconnect   all join, nine in ten are cut off, and come back in two seconds; again and again
"""

from types import MappingProxyType
from typing import Any, Final, cast

from locust import LoadTestShape

from loadtests.locusts.users import Buyer, Host

_STEPS: Final = 10
_RUN_S_DEFAULT: Final = 120
_ROUND_S: Final = 30
_AWAY_S: Final = 5
_BACK_S: Final = 2

Tick = tuple[int, float] | tuple[int, float, list[Any]]


class _Shape(LoadTestShape):
    """A shape that takes Locust's own options."""

    use_common_options = True
    abstract = True

    def tick(self) -> Tick | None:
        """Return how many users there are to be now, and how fast they come; None at the end."""
        runner: Any = self.runner
        options = runner.environment.parsed_options
        total_s = float(options.run_time or _RUN_S_DEFAULT)
        passed_s: float = cast(Any, self).get_run_time()
        if passed_s >= total_s:
            return None
        return self.at(passed_s, total_s, options.num_users or 100, options.spawn_rate or 100)

    def at(self, passed_s: float, total_s: float, users: int, rate: float) -> Tick:
        """Return how many users there are to be at an instant."""
        raise NotImplementedError


class Ramp(_Shape):
    """From nobody to all, in ten steps."""

    def at(self, passed_s: float, total_s: float, users: int, rate: float) -> Tick:
        """Take a step each tenth of the time."""
        step = min(_STEPS, int(passed_s / total_s * _STEPS) + 1)
        return max(1, users * step // _STEPS), rate


class Spike(_Shape):
    """Only buyers and a host, so that a flash sale is a purchase of everyone's."""

    def at(self, passed_s: float, total_s: float, users: int, rate: float) -> Tick:
        """Keep them all."""
        return users, rate, [Buyer, Host]


class Reconnect(_Shape):
    """Most are cut off together, and come back together."""

    def at(self, passed_s: float, total_s: float, users: int, rate: float) -> Tick:
        """Cut nine in ten off for a while, in each round."""
        since_s = passed_s % _ROUND_S
        if passed_s < _ROUND_S:
            return users, rate
        if since_s < _AWAY_S:
            return max(1, users // 10), users
        return users, max(1.0, users / _BACK_S)


SHAPES: Final = MappingProxyType({"ramp": Ramp, "spike": Spike, "reconnect": Reconnect})
