"""A feature is added to a node and left out again; nodes with and without it share a session."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from prometheus_client import generate_latest

from liveshop.core.errors import Conflict
from liveshop.core.feature import Vocabulary
from liveshop.edge.http.app import operations
from liveshop.edge.http.openapi import openapi_document
from liveshop.engine.metrics import FeatureMetrics, Metrics
from liveshop.engine.part import RoomPart
from liveshop.features import FEATURES
from tests.applause import APPLAUSE, OpenApplause
from tests.engine.world import EngineShop, open_shop
from tests.samples import find_sample, sample
from tests.waiting import until

_MORE = (*FEATURES, APPLAUSE)
_OPENED = "applause.opened"


async def test_a_feature_of_ten_lines_has_a_command_an_event_and_a_place_in_the_snapshot(
    redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url, features=_MORE) as shop:
        session_id = await shop.live(OBS_M=5)
        ada = await shop.join(session_id, "ada")
        assert ada.of("session")[0]["applause"] is False
        (opened,) = await shop.engine.execute(session_id, OpenApplause())
        assert await ada.sees(_OPENED) == {
            "type": _OPENED,
            "offset": opened.offset,
            "at_ms": opened.at_ms,
        }
        late = await shop.join(session_id)
        assert late.of("session")[0]["applause"] is True
        assert (await shop.engine.rooms.view(session_id))["applause"] is True


async def test_a_show_with_a_feature_goes_on_at_nodes_from_which_it_was_taken(
    redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url, features=_MORE) as shop:
        session_id = await shop.live(OBS_M=5)
        (opened,) = await shop.engine.execute(session_id, OpenApplause())
    async with open_shop(redis_url, postgres_url) as shop:
        ada = await shop.join(session_id, "ada")
        (shown,) = ada.of("session")
        assert "applause" not in shown
        assert shown["offset"] == opened.offset
        rid = shop.buy(ada, "OBS-M")
        await ada.sees("confirmed", rids=[rid])
        (ended,) = await shop.host(session_id, "session.end")
        assert ended.offset == opened.offset + 1


async def test_what_opens_something_is_a_conflict_while_a_node_lacks_its_feature(
    shop: EngineShop, redis_url: str, postgres_url: str
) -> None:
    async with open_shop(redis_url, postgres_url, features=_MORE) as newer:
        session_id = await shop.live(OBS_M=5)
        bo = await shop.join(session_id, "bo")
        await newer.opened(session_id)
        peers = (await newer.engine.rooms.get(session_id)).session.peers
        await until(lambda: peers.nodes == 2)
        before = (await newer.engine.rooms.view(session_id))["offset"]
        with pytest.raises(Conflict) as refusal:
            await newer.engine.execute(session_id, OpenApplause())
        assert str(refusal.value) == "a node that has this session does not know applause yet"
        assert (await newer.engine.rooms.view(session_id))["offset"] == before
        # Other commands are carried out on both, and seen on both.
        await newer.host(session_id, "product.pin", product_id="shirt")
        await bo.sees("product.pinned")


async def test_it_opens_once_the_older_node_has_gone(redis_url: str, postgres_url: str) -> None:
    async with open_shop(redis_url, postgres_url, features=_MORE) as newer:
        async with open_shop(redis_url, postgres_url) as older:
            session_id = await older.live(OBS_M=5)
            peers = (await newer.engine.rooms.get(session_id)).session.peers
            await until(lambda: peers.nodes == 2)
        await until(lambda: "applause" in peers.features)
        (opened,) = await newer.engine.execute(session_id, OpenApplause())
        assert opened.offset == 3


def test_two_features_cannot_list_one_type() -> None:
    with pytest.raises(AssertionError, match="a type is listed twice"):
        Vocabulary((APPLAUSE, APPLAUSE))


def test_the_document_of_http_has_the_commands_events_and_fields_of_features() -> None:
    schemas = openapi_document(operations(Vocabulary(_MORE)))["components"]["schemas"]
    assert {"OpenApplause", "ApplauseOpened"} <= schemas.keys()
    assert "applause" in schemas["SessionView"]["properties"]
    without = openapi_document(operations(Vocabulary(FEATURES)))["components"]["schemas"]
    assert not {"OpenApplause", "ApplauseOpened"} & without.keys()
    assert "applause" not in without["SessionView"]["properties"]


class _ApplauseMetrics(FeatureMetrics):
    def __init__(self, metrics: Metrics) -> None:
        self.claps = metrics.counter("claps", "Claps.")
        self.rooms = metrics.gauge("clapping_rooms", "Rooms.", "livesum")

    def sample(self, parts: Collection[RoomPart]) -> None:
        self.rooms.set(len(parts))


async def test_a_feature_brings_metrics_that_are_told_before_anything_is_counted(
    redis_url: str, postgres_url: str
) -> None:
    clapping = replace(APPLAUSE, room=lambda session: RoomPart(), metrics=_ApplauseMetrics)
    async with open_shop(redis_url, postgres_url, features=[clapping]) as shop:
        metrics = shop.engine.node.metrics
        assert (sample(metrics, "claps_total"), sample(metrics, "clapping_rooms")) == (0, 0)
        await shop.opened(await shop.live(OBS_M=5))
        await until(lambda: sample(metrics, "clapping_rooms") == 1)
        metrics[_ApplauseMetrics].claps.inc()
        assert b"liveshop_claps_total 1.0" in generate_latest(metrics.exposed())
    async with open_shop(redis_url, postgres_url) as shop:
        assert find_sample(shop.engine.node.metrics, "claps_total") is None
