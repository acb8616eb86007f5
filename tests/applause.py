"""A feature of ten lines: a host asks for applause, and everyone sees that it is on.

Run as a program it is `liveshop` with this feature besides the others.
"""

from collections.abc import Mapping
from typing import Any

from liveshop import features
from liveshop.cli.commands import main
from liveshop.core.commands import HostCommand
from liveshop.core.decision import Decision, Facts, SystemCommand
from liveshop.core.events import KnownEvent
from liveshop.core.feature import Feature
from liveshop.core.session import Part, SessionState


class OpenApplause(HostCommand, frozen=True, kw_only=True, tag="applause.open"):
    feature = "applause"
    opens = True


class ApplauseOpened(KnownEvent, frozen=True, kw_only=True, tag="applause.opened"):
    feature = "applause"


class ApplausePart(Part, frozen=True, kw_only=True):
    on: bool = False

    def decide(
        self, state: SessionState, command: HostCommand | SystemCommand, facts: Facts
    ) -> Decision:
        return Decision(events=(ApplauseOpened(offset=state.offset + 1, at_ms=facts.now_ms),))

    def after(self, event: KnownEvent) -> "ApplausePart":
        return ApplausePart(on=True)

    def shown(self, gauge: Any) -> Mapping[str, Any]:
        return {"applause": self.on}


APPLAUSE = Feature(
    name="applause",
    commands=(OpenApplause,),
    events=(ApplauseOpened,),
    part=ApplausePart(),
    shown=(("applause", bool, False),),
)


if __name__ == "__main__":
    vars(features)["FEATURES"] = (*features.FEATURES, APPLAUSE)
    main()
