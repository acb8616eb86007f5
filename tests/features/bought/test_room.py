"""Purchases in the pulse: some of them, on every node, named as the shop chooses."""

import pytest

from liveshop.core.roles import Identity, Role
from liveshop.engine.rooms.room import Room
from liveshop.features.bought import room as bought
from liveshop.features.bought.rules import Naming
from liveshop.features.bought.store import Namings
from tests.engine.world import EngineShop, Watcher
from tests.waiting import until

Told = tuple[str, int, str]


@pytest.fixture(autouse=True)
def a_choice_holds_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the shop's choice with each pulse that has something to tell."""
    monkeypatch.setattr(bought, "CHOICE_ASKED_MS", 0)


def _told(watcher: Watcher) -> list[Told]:
    return [
        (each["product_id"], each["quantity"], each["name"])
        for pulse in watcher.of("pulse")
        for each in pulse.get("bought", ())
    ]


async def _choose(shop: EngineShop, naming: Naming) -> None:
    await Namings(shop.database).choose(None, naming)


async def _named(shop: EngineShop, session_id: str, viewer_id: str, name: str) -> Watcher:
    watcher = Watcher(Identity(viewer_id, name, Role.VIEWER))
    shop.engine.viewer_admission.connect(watcher, session_id, 0)
    await watcher.sees("session")
    return watcher


async def _buy(shop: EngineShop, watcher: Watcher, *quantities: int) -> list[str]:
    """Buy several times at once, and wait until all is confirmed."""
    rids = [shop.buy(watcher, "OBS-M", quantity) for quantity in quantities]
    for rid in rids:
        await watcher.sees("confirmed", order_id=rid)
    return rids


async def _next_pulse(shop: EngineShop, session_id: str, watcher: Watcher) -> None:
    """Wait for a pulse that was taken after all that has happened so far."""
    viewers = len((await shop.engine.rooms.get(session_id)).audience) + 1
    await shop.join(session_id)
    await watcher.sees("pulse", viewers=viewers)


async def _is_one_of_two(room: Room) -> None:
    await until(lambda: room.session.peers.nodes == 2)


async def test_until_the_shop_has_chosen_a_buyer_is_somebody(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5)
    guest = await shop.join(session_id)
    ada = await _named(shop, session_id, "u1", "Ada Lovelace")
    await shop.opened(session_id)
    (rid,) = await _buy(shop, ada, 2)
    await guest.until(lambda: _told(guest) == [("shirt", 2, "Somebody")])
    shop.buy(ada, "OBS-M", 2, rid=rid)
    await ada.sees_many("confirmed", 2)
    await _next_pulse(shop, session_id, guest)
    assert _told(guest) == [("shirt", 2, "Somebody")]


async def test_a_shop_that_wants_names_shows_the_first_and_an_initial(shop: EngineShop) -> None:
    await _choose(shop, Naming.FIRST)
    session_id = await shop.live(OBS_M=5)
    guest, nameless = await shop.join(session_id), await shop.join(session_id, "u2")
    ada = await _named(shop, session_id, "u1", "Ada Lovelace")
    await shop.opened(session_id)
    await _buy(shop, ada, 1)
    await guest.until(lambda: _told(guest) == [("shirt", 1, "Ada L.")])
    await _buy(shop, nameless, 1)
    await guest.until(lambda: _told(guest)[1:] == [("shirt", 1, "Somebody")])


async def test_a_shop_that_wants_nothing_told_has_pulses_without_it(shop: EngineShop) -> None:
    await _choose(shop, Naming.OFF)
    session_id = await shop.live(OBS_M=5)
    guest, ada = await shop.join(session_id), await shop.join(session_id, "ada")
    await shop.opened(session_id)
    await _buy(shop, ada, 1)
    await _next_pulse(shop, session_id, guest)
    assert not any("bought" in pulse for pulse in guest.of("pulse"))
    await _choose(shop, Naming.SOMEBODY)
    await _buy(shop, ada, 3)
    await guest.until(lambda: _told(guest) == [("shirt", 3, "Somebody")])


async def test_a_pulse_tells_of_three_purchases_at_most(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=20, limit=20)
    guest, ada = await shop.join(session_id), await shop.join(session_id, "ada")
    await shop.opened(session_id)
    await _buy(shop, ada, *[1] * 8)
    await _next_pulse(shop, session_id, guest)
    told = [len(pulse["bought"]) for pulse in guest.of("pulse") if "bought" in pulse]
    assert max(told) == 3


async def test_viewers_on_another_node_are_told_the_same(
    shop: EngineShop, other: EngineShop
) -> None:
    await _choose(shop, Naming.FIRST)
    session_id = await shop.live_with(other, OBS_M=5)
    there = await other.join(session_id)
    ada = await _named(shop, session_id, "u1", "Ada Lovelace")
    for room in [await each.engine.rooms.get(session_id) for each in (shop, other)]:
        await _is_one_of_two(room)
    await _buy(shop, ada, 2)
    await there.until(lambda: _told(there) == [("shirt", 2, "Ada L.")])


async def test_an_order_that_is_paid_elsewhere_is_told_when_it_is_paid(shop: EngineShop) -> None:
    session_id = await shop.live(OBS_M=5, payment="checkout")
    guest, ada = await shop.join(session_id), await shop.join(session_id, "ada")
    await shop.opened(session_id)
    rid = shop.buy(ada, "OBS-M", 2)
    await ada.sees("checkout", order_id=rid)
    await _next_pulse(shop, session_id, guest)
    assert _told(guest) == []
    await shop.engine.orders.confirm(rid, "pay-1", 10_000)
    await guest.until(lambda: _told(guest) == [("shirt", 2, "Somebody")])
