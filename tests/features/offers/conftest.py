"""A show with offers, on stores of the test's own."""

import pytest

from tests.engine.world import EngineShop
from tests.features.offers.show import OfferShow


@pytest.fixture
async def show(shop: EngineShop) -> OfferShow:
    """A node with a live session."""
    session_id = await shop.live(OBS_M=20, OBS_L=20)
    await shop.opened(session_id)
    return OfferShow(shop, session_id)
