"""The show whose life is told: planned, with pictures; and another of strange words."""

import time

from tests.browser.shop import BrowserNode, BrowserShow


class Boutique(BrowserShow):
    """A planned show with pictures on its shelf, and another of strange words and short holds."""

    def __init__(self, node: BrowserNode) -> None:
        super().__init__(node, hold_ms=1_000)
        self.strange_id = self.session_id
        starts_at_ms = int(time.time() * 1000) + 42 * 60_000
        self.session_id = self._post(
            "/api/sessions", {"title": "Evening drop", "starts_at_ms": starts_at_ms}
        )["id"]
        self._list("shirt", "Ocean blue shirt", {"S": 4, "M": 12, "L": 9}, price=5000)
        self._list("pot", "Clay pot", {"": 5}, price=3450)
        self._list("lamp", "Copper lamp", {"Small": 6, "Large": 3}, price=18900)
        self._list("scarf", "Linen scarf", {"Sand": 20, "Sea": 20}, price=2800)

    def _list(self, product_id: str, title: str, units: dict[str, int], *, price: int) -> None:
        variants = [
            {"sku": f"{product_id}-{label}", "label": label, "price": price, "stock": 40}
            for label in units
        ]
        image = f"/pages/demo/{product_id}.svg"
        self._post(
            "/api/products",
            {
                **{"product_id": product_id, "title": title, "variants": variants},
                **{"image": image, "more_images": ["/pages/demo/show_autumn.svg"]},
            },
        )
        offered = {f"{product_id}-{label}": count for label, count in units.items()}
        self.command("product.add", product_id=product_id, units=offered)

    def fill_strangely(self) -> None:
        """Put on the first show's shelf what is too long, too many and too dear."""
        self.session_id, kept = self.strange_id, self.session_id
        title = "A very long title of a hand-woven Donaudampfschifffahrtsgesellschaft coat " * 2
        labels = [f"Size {number} of twelve" for number in range(1, 13)]
        self.add_product("long", labels, title.strip(), price=98_765_400)
        self.add_product("greek", ["Μικρό", "中号", "كبير"], "Μπλε πουκάμισο 蓝色衬衫 قميص أزرق")
        self.command("session.start")
        self.command("product.pin", product_id="ocean")
        self.command("product.pin", product_id="greek")
        self.command("product.pin", product_id="long")
        self.session_id = kept

    def strange(self, page: str, bearer: str) -> str:
        """Return the address of a page of the strange show."""
        return f"{self.node.url}/{page}/{self.strange_id}#token={bearer}"
