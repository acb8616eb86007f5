"""A show with polls, on stores of the test's own."""

import pytest

from tests.engine.world import EngineShop
from tests.features.polls.show import PollShow


@pytest.fixture
async def show(shop: EngineShop) -> PollShow:
    """A node with a live session."""
    return PollShow(shop, await shop.live(OBS_M=1))
