"""The name of a guest on what is packed for it: in the CSV, on the list and on the slip."""

from functools import partial

import pytest

from tests.edge.http.api import Api
from tests.features.guests.guest import NAME, Guest, buy, let_in

pytestmark = pytest.mark.feature("fulfilment")


async def _purchase(guest: Guest, sku: str) -> str:
    async with guest.joined() as client:
        return str((await buy(client, sku))["order_id"])


def test_a_guest_s_name_is_on_everything_that_is_packed_by_until_it_is_forgotten(api: Api) -> None:
    session_id, sku = api.go_live()
    guest = let_in(api, session_id)
    order_id = api.portal.call(partial(_purchase, guest, sku))
    session = f"/api/sessions/{session_id}"
    for name in (NAME, None):
        (buyer,) = api.host.get(f"{session}/packing").json()["buyers"]
        assert (buyer["viewer_id"], buyer["name"]) == (guest.sub, name)
        assert api.host.get(f"/api/orders/{order_id}/slip").json()["name"] == name
        head, row = api.host.get(f"{session}/orders.csv").text.splitlines()
        assert row.split(",")[head.split(",").index("name")] == (name or "")
        assert guest.http.delete("/api/guests/me").status_code == 204
