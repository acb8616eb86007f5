"""How each fault of a schedule is done to the world, and undone."""

import asyncio
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import asyncpg
from anyio.from_thread import start_blocking_portal

from liveshop.cli.subprocesses import attempts
from liveshop.core.failpoint import Failpoint
from tests.crash.history import History, now_ms
from tests.crash.schedules import Step
from tests.crash.world import CrashNode, CrashWorld
from tests.faults.proxy import Proxy, Then
from tests.waiting import wait_until

# A lock held longer than any reservation of the run lives.
_STALL_OVER_HOLD_S = 0.7
_MOMENT_S_MAX = 30.0
# On a machine with no time for us, as long as buyers are answered.
_MOMENTS_MAX = 10
_FAILPOINT_S_MAX = 6.0
_LOSSES = 6
_WHILE_REBUILDING = (Failpoint.MID_REBUILD, Failpoint.AFTER_LOAD)
_FAILPOINTS = (
    Failpoint.AFTER_RESERVE,
    Failpoint.AFTER_COMMIT,
    Failpoint.BEFORE_SETTLE,
    *_WHILE_REBUILDING,
)
# Clients that reconnect come by these at once, maybe before the node says that it is ready.
_FROM_THE_START = (*_FAILPOINTS[:3], Failpoint.AFTER_APPEND)
_OLDER_COMMANDS = 250


class StandStill(Exception):
    """The clients cannot go on; the message says since when."""


class Faults:
    """Carries a schedule out, in the main thread, while the stampede goes on in another."""

    def __init__(self, world: CrashWorld, history: History, session_id: str, hold_ms: int) -> None:
        self._world = world
        self._history = history
        self._session_id = session_id
        self._hold_s = hold_ms / 1000
        self.killed: Counter[str] = Counter()
        # How often a node was to end itself at a failpoint, and how often it came by there.
        self.armed: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()
        # Whether Redis has lost something that it had said.
        self.lossy = False
        self.failed: set[str] = set()
        self._faults: dict[str, Callable[[Step], None]] = {
            "node": lambda step: self._kill(step, self._node(step)),
            "two nodes": lambda step: self._kill(step, *world.nodes),
            "valkey": lambda step: self._kill(step, "valkey"),
            "postgres": lambda step: self._kill(step, "postgres"),
            "node and valkey": lambda step: self._kill(step, self._node(step), "valkey"),
            "node and postgres": lambda step: self._kill(step, self._node(step), "postgres"),
            "valkey and postgres": lambda step: self._kill(step, "valkey", "postgres"),
            "valkey emptied": self._empty,
            "valkey older": self._older,
            "valkey truncated": self._truncate,
            "replica promoted": self._promote,
            "commit stalls": self._stall,
            "host command cut": lambda step: self.fail(step, Failpoint.AFTER_APPEND),
            "failpoint": self._fail_anywhere,
            "frozen": self._freeze,
            "replies lost": self._lose_replies,
            "rolling restart": self._restart_in_turn,
            "failover": self._fail_over,
        }

    def carry_out(self, step: Step) -> None:
        """Wait for the step's moment, do it, and undo it."""
        self.wait(step.at_command)
        self._note(str(step))
        self._faults[step.fault](step)
        self._note("over")

    def wait(self, commands: int) -> None:
        """Wait until clients have sent so many commands; raises StandStill.

        A machine may be slow: the stampede stands still once no buyer is answered for a moment.
        """
        for _ in range(_MOMENTS_MAX):
            answers = self._history.answers
            if self._history.wait_for_commands(commands, _MOMENT_S_MAX):
                return
            if self._history.answers == answers:
                break
        raise StandStill(f"the stampede stands still at command {self._history.commands}")

    def _note(self, text: str) -> None:
        self._history.faults.append(f"{now_ms()} {text}")

    def _node(self, step: Step) -> CrashNode:
        return self._world.nodes[step.node]

    def _kill(self, step: Step, *victims: CrashNode | str) -> None:
        for victim in victims:
            self._end(victim)
        self._last(step)
        for victim in victims:
            self._begin(victim)

    def _end(self, victim: CrashNode | str) -> None:
        if isinstance(victim, CrashNode):
            victim.kill()
            self.killed["node"] += 1
        elif victim == "valkey":
            self._world.valkey.kill()
            self.killed["valkey"] += 1
        else:
            self._world.postgres.kill()
            self.killed["postgres"] += 1

    def _begin(self, victim: CrashNode | str) -> None:
        if isinstance(victim, CrashNode):
            victim.start()
        elif victim == "valkey":
            self._world.valkey.start()
        else:
            self._world.postgres.start()

    def _restart_in_turn(self, step: Step) -> None:
        self._world.restart_in_turn(step.lasts_s)
        self.killed["restart"] += len(self._world.nodes)

    def _fail_over(self, step: Step) -> None:
        self.lossy |= self._world.fail_over(self._session_id)
        self.killed["failover"] += 1
        self._last(step)

    def _last(self, step: Step) -> None:
        threading.Event().wait(step.lasts_s)

    def _lose(self, step: Step, change: Callable[[], Any]) -> None:
        """Kill Valkey, change what it has on disk, and start it."""
        self.lossy = True
        self._end("valkey")
        change()
        self._last(step)
        self._begin("valkey")

    def _empty(self, step: Step) -> None:
        self._lose(step, lambda: shutil.rmtree(self._world.append_only))

    def _older(self, step: Step) -> None:
        copy = self._world.copy_valkey()
        self.wait(self._history.commands + _OLDER_COMMANDS)

        def restore() -> None:
            shutil.rmtree(self._world.append_only)
            shutil.copytree(copy, self._world.append_only)

        self._lose(step, restore)

    def _truncate(self, step: Step) -> None:
        def cut() -> None:
            newest = max(self._world.append_only.glob("*.incr.aof"))
            size = newest.stat().st_size
            with newest.open("r+b") as file:
                file.truncate(int(size * step.amount))

        self._lose(step, cut)

    def _promote(self, step: Step) -> None:
        replica = self._world.replica()
        self._world.cut_off(replica)
        self.wait(self._history.commands + int(_OLDER_COMMANDS * step.amount))
        self.lossy = True
        self._world.promote(replica)
        self.killed["valkey"] += 1

    def _stall(self, step: Step) -> None:
        """Keep every COMMIT of the session waiting until its reservations are overdue."""
        asyncio.run(self._hold_lock(self._hold_s + _STALL_OVER_HOLD_S + step.lasts_s))
        self.killed["stall"] += 1

    async def _hold_lock(self, seconds: float) -> None:
        connection = await asyncpg.connect(self._world.postgres.url)
        try:
            async with connection.transaction():
                lock = "SELECT FROM session WHERE id = $1 FOR UPDATE"
                await connection.execute(lock, self._session_id)
                await asyncio.sleep(seconds)
        finally:
            await connection.close()

    def fail(self, step: Step, failpoint: Failpoint) -> None:
        """Let a node end itself at a named place, which it comes by soon."""
        node = self._node(step)
        node.kill()
        node.start(LIVESHOP_FAILPOINT=failpoint)
        self.failed.add(node.name)
        self.armed[failpoint] += 1
        if failpoint not in _FROM_THE_START:
            wait_until(node.is_ready_or_over)
        if failpoint in _WHILE_REBUILDING:
            self._kill(step, "valkey")
        for _ in attempts(_FAILPOINT_S_MAX):
            if not node.running:
                self.killed["failpoint"] += 1
                self.reached[failpoint] += 1
                break
        node.kill()
        self._last(step)
        node.start()

    def _fail_anywhere(self, step: Step) -> None:
        self.fail(step, _FAILPOINTS[int(step.amount * len(_FAILPOINTS))])

    def _freeze(self, step: Step) -> None:
        """Stop a process for longer than a hold or a time-out, and let it go on."""
        world = self._world
        victims = [self._node(step).process, world.valkey.process, world.postgres.process]
        victim = victims[int(step.amount * len(victims))]
        assert victim is not None, "what a fault ends it starts again"
        world.freeze(victim)
        self.killed["freeze"] += 1
        threading.Event().wait(self._hold_s + step.lasts_s * 2)
        world.thaw(victim)

    def _lose_replies(self, step: Step) -> None:
        """Let a node's requests arrive and their answers get lost, of both stores by turns."""
        world, node = self._world, self._node(step)
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(Proxy(world.valkey.url).listening()) as valkey,
            portal.wrap_async_context_manager(Proxy(world.postgres.url).listening()) as postgres,
        ):
            node.kill()
            node.start(LIVESHOP_REDIS_URL=valkey.url, LIVESHOP_POSTGRES_URL=postgres.url)
            wait_until(node.is_ready_or_over)
            for turn in range(_LOSSES):
                proxy = (valkey, postgres)[turn % 2]
                then = Then.CUT if turn % 3 else Then.SILENCE
                portal.call(partial(proxy.lose_replies, times=1 + turn % 3, then=then))
                threading.Event().wait(0.1 + step.lasts_s / _LOSSES)
            self.killed["reply"] += valkey.replies_lost + postgres.replies_lost
            node.kill()
        node.start()
