"""Likes: everyone sees their number, whichever node counted them."""

from tests.engine.world import EngineShop


async def test_likes_of_all_nodes_add_up_for_everyone(shop: EngineShop, other: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada, bo = await shop.join(session_id, "ada"), await other.join(session_id, "bo")
    guest = await other.join(session_id)
    shop.send(ada, "like", count=3)
    other.send(bo, "like", count=20)
    other.send(guest, "like", count=1)
    for viewer in (ada, bo, guest):
        await viewer.sees("pulse", likes=24)


async def test_a_show_that_has_ended_is_liked_no_longer(shop: EngineShop) -> None:
    session_id = await shop.live(SHIRT_M=5)
    ada = await shop.join(session_id, "ada")
    shop.send(ada, "like", count=2)
    await ada.sees("pulse", likes=2)
    await shop.host(session_id, "session.end")
    await ada.sees("session.ended")
    shop.send(ada, "like", ref=1, count=1)
    assert (await ada.sees("error", ref=1))["code"] == "conflict"
