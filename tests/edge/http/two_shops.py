"""Two shops on one node: one has a live show, an order and a payment, the other only people."""

from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from liveshop.core.roles import Role
from tests.edge.http.api import Api, Caller, Json, a_rid

OURS: Final = "ours"
THEIRS: Final = "theirs"
_UPLOAD: Final = 32 * "a"
_WEBHOOK: Final = "wh_ours"
_EXPORT: Final = "exp_ours"
# Samples are taken as time goes by, and attempts are recorded.
_MOVING: Final = ("show_sample", "activity")
# Each shop gives its own sets the ids that it likes: it makes one of its own.
MAKES_ITS_OWN: Final = ("PUT", "/api/product-sets/{set_id}")


@dataclass(frozen=True)
class TwoShops:
    """A node on which the shop `ours` sells; `theirs` has a host, an admin and a moderator."""

    api: Api
    postgres_url: str
    session_id: str
    sku: str
    rid: str
    payment_id: str
    upload_id: str
    webhook_id: str

    @property
    def our_host(self) -> Caller:
        """The host of the shop that sells."""
        return self.api.as_role(Role.HOST, "our host", shop=OURS)

    def their(self, role: Role) -> Caller:
        """Return somebody of the other shop."""
        return self.api.as_role(role, f"their {role.word}", shop=THEIRS)

    def path(self, pattern: str) -> str:
        """Return a path of the API that names what the selling shop has."""
        named = {
            "session_id": self.session_id,
            "product_id": "shirt",
            "order_id": self.rid,
            "rid": self.rid,
            "payment_id": self.payment_id,
            "set_id": "basics",
            "upload_id": self.upload_id,
            "webhook_id": self.webhook_id,
            "export_id": _EXPORT,
        }
        return pattern.format_map(named)

    def stored(self) -> dict[str, Any]:
        """Return a digest of each table."""
        return self.api.portal.call(_digests, self.postgres_url)


def open_shops(api: Api, postgres_url: str) -> TwoShops:
    """Have a show that has sold something, which was paid for elsewhere."""
    host = api.as_role(Role.HOST, "our host", shop=OURS)
    variant = {"sku": "shirt-m", "label": "M", "price": 5000, "stock": 100}
    product = {"product_id": "shirt", "title": "Shirt", "variants": [variant]}
    assert host.post("/api/products", json=product).status_code == 201
    fields = {"title": "Autumn drop", "payment": "checkout"}
    made: Json = host.post("/api/sessions", json=fields).json()
    session_id, rid = made["id"], a_rid()
    commands = f"/api/sessions/{session_id}/commands"
    add = {"type": "product.add", "product_id": "shirt", "units": {"shirt-m": 9}}
    for command in (add, {"type": "session.start"}):
        done = host.post(commands, json=command)
        assert done.status_code == 200, done.text
    asked = api.ask(session_id, "ada", "buy", rid=rid, sku="shirt-m", quantity=1)
    assert asked["type"] == "checkout", asked
    payment = {"payment_id": "pay-1", "amount": 4000}
    assert api.backend.post(f"/api/orders/{rid}/confirm", json=payment).status_code == 409
    upload_id = api.portal.call(_uploaded, postgres_url)
    made_here = (upload_id, _WEBHOOK)
    return TwoShops(api, postgres_url, session_id, "shirt-m", rid, "pay-1", *made_here)


async def _uploaded(postgres_url: str) -> str:
    """Have a picture, a webhook and an export; their rows are all that says whose they are."""
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(
            "INSERT INTO upload (id, shop, created_at_ms, format, width, height, bytes, renditions)"
            " VALUES ($1, $2, 1, 'png', 1, 1, 1, '[]')",
            _UPLOAD,
            OURS,
        )
        await connection.execute(
            "INSERT INTO webhook (id, shop, url, types, ordering, state, since, created_ms, master,"
            " sealed_key, secret) VALUES ($1, $2, 'https://erp.shop.example/', '{*}', 'none', 'on',"
            " 0, 1, '', '', '')",
            _WEBHOOK,
            OURS,
        )
        await connection.execute(
            "INSERT INTO export (id, shop, from_ms, to_ms, dataset, format, state, made_ms,"
            " expires_ms, sha256) VALUES ($1, $2, 0, 1, 'orders', 'csv', 'done', 1,"
            " 4000000000000, '')",
            _EXPORT,
            OURS,
        )
    finally:
        await connection.close()
    return _UPLOAD


async def _digests(postgres_url: str) -> dict[str, Any]:
    connection = await asyncpg.connect(postgres_url)
    try:
        names = await connection.fetch(
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        )
        return {
            name: await connection.fetchval(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} AS t"
            )
            for (name,) in names
            if name not in _MOVING
        }
    finally:
        await connection.close()
