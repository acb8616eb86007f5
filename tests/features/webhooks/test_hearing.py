"""Which webhooks hear of a message: by session, by shop, of the system, of themselves."""

from typing import Any

import pytest

from liveshop.features.change_feed.store import Feed
from liveshop.features.change_feed.store_outbox import tell
from liveshop.features.webhooks.store import Wanted
from liveshop.features.webhooks.store_deliveries import Deliveries
from tests.features.webhooks.conftest import Sender
from tests.stores.postgres.shop import NOW

_TYPES = ("thing.*", "system.*", "webhook.*")
# By name: the session and the shop that a webhook is for.
_HOOKS = {
    "all": (None, None),
    "shop a": (None, "a"),
    "shop b": (None, "b"),
    "show 1": ("s1", None),
    "show 1 of a": ("s1", "a"),
    "show 1 of b": ("s1", "b"),
    "show 2 of a": ("s2", "a"),
}


async def _hooks(sender: Sender) -> dict[str, str]:
    made = {}
    for name, (session_id, shop) in _HOOKS.items():
        url = f"https://{name.replace(' ', '-')}.example/"
        made[name] = await sender.hook(url, *_TYPES, session_id=session_id, shop=shop)
    await Feed(sender.shop.database).empty_outbox(NOW)
    return made


async def _heard(
    sender: Sender, deliveries: Deliveries, hooks: dict[str, str], kind: str
) -> set[str]:
    await Feed(sender.shop.database).empty_outbox(NOW)
    while (await deliveries.fan_out(NOW))[1]:
        pass
    return {name for name, each in hooks.items() if await sender.deliveries(each, kind)}


async def _tell(sender: Sender, subject: str, kind: str, **of: Any) -> None:
    async with sender.shop.database.transaction() as connection:
        await tell(connection, subject=subject, kind=kind, at_ms=NOW, data={}, **of)


@pytest.mark.parametrize(
    ("show", "of_shop", "heard"),
    [
        ("s1", "a", {"all", "shop a", "show 1", "show 1 of a"}),
        ("s2", "a", {"all", "shop a", "show 2 of a"}),
        ("s1", None, {"all", "show 1"}),
        (None, "a", {"all", "shop a"}),
        (None, None, {"all"}),
    ],
)
async def test_a_message_is_for_webhooks_of_its_show_or_of_its_shop_or_of_all(
    sender: Sender,
    deliveries: Deliveries,
    show: str | None,
    of_shop: str | None,
    heard: set[str],
) -> None:
    hooks = await _hooks(sender)
    await _tell(sender, "thing/1", "thing.done", session_id=show, shop=of_shop)
    assert await _heard(sender, deliveries, hooks, "thing") == heard


async def test_every_webhook_hears_of_the_system(sender: Sender, deliveries: Deliveries) -> None:
    hooks = await _hooks(sender)
    await _tell(sender, "system", "system.restored")
    assert await _heard(sender, deliveries, hooks, "system") == {*hooks}


@pytest.mark.parametrize(
    ("own", "of_shop", "heard"), [("shop a", "a", {"all"}), ("all", None, set[str]())]
)
async def test_no_webhook_hears_of_its_own_end(
    sender: Sender, deliveries: Deliveries, own: str, of_shop: str | None, heard: set[str]
) -> None:
    hooks = await _hooks(sender)
    await _tell(sender, f"webhook/{hooks[own]}", "webhook.disabled", shop=of_shop)
    assert await _heard(sender, deliveries, hooks, "webhook") == heard


async def test_the_test_of_a_webhook_is_for_it_only(sender: Sender, deliveries: Deliveries) -> None:
    wanted = Wanted(url="https://all.example/", types=("*",), session_id=None, ordering="none")
    first, _ = await sender.webhooks.make(wanted, shop=None, now_ms=NOW)
    second, _ = await sender.webhooks.make(wanted, shop=None, now_ms=NOW)
    await _heard(sender, deliveries, {}, "ping")
    assert [len(await sender.deliveries(each, "ping")) for each in (first, second)] == [1, 1]


async def test_few_messages_are_taken_at_once_if_many_webhooks_may_hear_of_each(
    sender: Sender, deliveries: Deliveries
) -> None:
    await sender.hook("https://shop.example/", "thing.*")
    await _heard(sender, deliveries, {}, "ping")
    await sender.copy(4_998)
    for show in ("id", "'s1'"):
        # First each has a show of its own, then all have one.
        await sender.shop.database.commit(f"UPDATE webhook SET session_id = {show}")
        for number in range(12):
            await _tell(sender, f"thing/{number}", "thing.done", session_id="s1")
        await Feed(sender.shop.database).empty_outbox(NOW)
        if show == "id":
            assert await deliveries.fan_out(NOW) == (0, False)
    assert await deliveries.fan_out(NOW) == (10 * 4_999, True)
    assert await deliveries.fan_out(NOW) == (2 * 4_999, False)
