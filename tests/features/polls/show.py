"""Shows with polls on nodes in this process, and viewers who vote."""

from typing import Any

from liveshop.core.roles import Role
from liveshop.stores.audit.findings import Finding
from liveshop.stores.audit.look import audit
from tests.engine.world import EngineShop, Watcher
from tests.vocabulary import VOCABULARY

CHOICES = [{"label": "Blue"}, {"label": "Sand"}]


class PollShow:
    """A live session on one node or more."""

    def __init__(self, shop: EngineShop, session_id: str) -> None:
        self.shop = shop
        self.session_id = session_id

    async def open(self, **fields: Any) -> int:
        """Open a poll and return its offset; it is about blue or sand."""
        asked = {"question": "Which?", "choices": CHOICES} | fields
        (opened,) = await self.host("poll.open", **asked)
        poll: int = opened.poll
        return poll

    async def host(self, kind: str, **fields: Any) -> list[Any]:
        """Carry out a host's command."""
        return await self.shop.host(self.session_id, kind, **fields)

    async def join(
        self, name: str | None = None, role: Role = Role.VIEWER, *, on: EngineShop | None = None
    ) -> Watcher:
        """Let a viewer in."""
        return await (on or self.shop).join(self.session_id, name, role)

    async def vote(
        self, viewer: Watcher, poll: int, choice: int, *, on: EngineShop | None = None, **more: Any
    ) -> dict[str, Any]:
        """Vote, and return the answer, without its `ref`."""
        ref = len(viewer.inbox)
        (on or self.shop).send(viewer, "vote", ref=ref, poll=poll, choice=choice, **more)
        answer = await viewer.until(
            lambda: next((each for each in viewer.inbox if each.get("ref") == ref), None)
        )
        return {name: value for name, value in answer.items() if name != "ref"}

    async def voted(self, choice: int = 1, **fields: Any) -> tuple[int, Watcher]:
        """Open a poll in which one viewer votes; return both once the vote is answered."""
        poll, ada = await self.open(**fields), await self.join("ada")
        await self.vote(ada, poll, choice)
        return poll, ada

    async def audit(self) -> list[Finding]:
        """Return what the audit finds."""
        node = self.shop.engine.node
        files = [feature.audit for feature in VOCABULARY.features if feature.audit]
        return await audit(self.shop.database, node.link, looks=1, files=files)


def voted(poll: int, choice: int) -> dict[str, Any]:
    """Return the answer to a vote."""
    return {"type": "voted", "poll": poll, "choice": choice}
