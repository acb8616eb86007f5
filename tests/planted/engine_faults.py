"""Faults in what the engine does with the answers of the stores."""

from typing import Final

from tests.planted.fault import Fault

_ENGINE: Final = "liveshop/engine"
_TESTS: Final = "tests/engine"

FAULTS: Final = (
    Fault(
        name="told before COMMIT",
        promise="P2: an order is confirmed to its buyer that a crash may undo",
        file=f"{_ENGINE}/writer.py",
        old="                await self._learn_limits(batch)\n",
        new="                await self._learn_limits(batch)\n"
        "                now_ms = self._room.node.clock.now_ms()\n"
        "                for ordered in batch:\n"
        "                    self._tell(\n"
        "                        ordered, Outcome(verdict=Verdict.CONFIRMED, at_ms=now_ms)\n"
        "                    )\n",
        also=(
            (
                "                for ordered in batch:\n"
                "                    self._tell(ordered, reply.outcomes[ordered.order_id])\n",
                "",
            ),
        ),
        tests=(f"{_TESTS}/test_purchases.py::test_nothing_is_confirmed_before_its_commit",),
    ),
    Fault(
        name="an order under way told as lost",
        promise="P5: refused, then confirmed",
        file=f"{_ENGINE}/till.py",
        old="unclear = [each for each in lost if each.rid not in under_way]",
        new="unclear = [each for each in lost if each.rid not in ()]",
        tests=(f"{_TESTS}/test_lost_messages.py::test_an_order_under_way_is_not_told_as_lost",),
    ),
    Fault(
        name="a `buy` taken while Postgres is away",
        promise="P4: units are held that nobody can be sold",
        file=f"{_ENGINE}/context.py",
        old="        return self.opened and self.node.stores_up",
        new="        return self.opened",
        tests=(f"{_TESTS}/test_outages.py::test_postgres_goes_away_and_what_is_held_stays_held",),
    ),
)
