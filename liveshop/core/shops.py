"""Shops: whether somebody may touch what belongs to one. The only place that decides it.

Sessions and products belong to a shop or to none, and all else to the shop of its session. A token
or a key is bound to a shop or to none. To one that is bound, all that is not of its shop is as if
it were not there, and so is what belongs to no shop. One that is not bound may touch everything.
"""

from liveshop.core.errors import OtherShop


def may_touch(bound: str | None, shop: str | None) -> bool:
    """Whether somebody bound to a shop may touch what belongs to `shop`; None is none."""
    return bound is None or bound == shop


def require_shop(bound: str | None, shop: str | None, what: str, which: str) -> None:
    """Raise OtherShop unless somebody bound to a shop may touch the thing named."""
    if not may_touch(bound, shop):
        raise OtherShop(what, which, shop=shop)


def may_sell(session_shop: str | None, product_shop: str | None) -> bool:
    """Whether a show may sell a product: both belong to the same shop, or both to none.

    If a show could take the product of another shop, or of none, its host would move stock that it
    may not touch.
    """
    return session_shop == product_shop
