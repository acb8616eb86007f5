"""A Python client, generated from the served document, runs through a journey."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final

import pytest

from liveshop.core.roles import Role
from tests.edge.http.api import Api, a_rid, token

pytestmark = pytest.mark.feature("shipping", "change_feed", "fulfilment")

_PACKAGE: Final = "journey_client"
_GENERATOR: Final = Path(sys.executable).with_name("openapi-python-client")
# The generator reads no body that is neither JSON nor a form.
_NOT_GENERATED: Final = ["POST /api/products/import", "POST /api/uploads"]


@pytest.fixture
def generated(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Generate a client in a folder of the test's own; give what the generator said."""
    document, config = tmp_path / "openapi.json", tmp_path / "config.yml"
    document.write_text(api.anyone.get("/api/openapi.json").text)
    config.write_text("post_hooks: []\n")
    options = ["--meta", "none", "--config", str(config)]
    target = tmp_path / "made" / _PACKAGE
    target.parent.mkdir()
    done = subprocess.run(
        [_GENERATOR, "generate", "--path", document, *options, "--output-path", target],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(str(target.parent))
    yield done.stdout + done.stderr
    for name in [each for each in sys.modules if each.split(".")[0] == _PACKAGE]:
        del sys.modules[name]


class Journey:
    """A merchant's program that knows nothing but the generated client."""

    def __init__(self, url: str, bearer: str) -> None:
        made = import_module(f"{_PACKAGE}.client")
        self._client = made.AuthenticatedClient(base_url=url, token=bearer)
        self._models = import_module(f"{_PACKAGE}.models")

    def close(self) -> None:
        """Let go of the connections: a node that stops waits for them."""
        self._client.get_httpx_client().close()

    def call(self, operation: str, *path: str, **options: Any) -> Any:
        """Carry out an operation, with a body as the model of its name."""
        sync: Callable[..., Any] = import_module(f"{_PACKAGE}.api.default.{operation}").sync
        return sync(*path, client=self._client, **options)

    def model(self, name: str, **fields: Any) -> Any:
        """Return a body as the client has it."""
        return getattr(self._models, name).from_dict(fields)


def test_the_whole_client_is_generated_and_can_be_imported(generated: str, api: Api) -> None:
    missing = re.findall(r"WARNING parsing (\S+ \S+) ", generated)
    assert missing == _NOT_GENERATED, generated
    assert "duplicate" not in generated
    package = import_module(_PACKAGE)
    modules = [each.name for each in walk_packages(package.__path__, f"{_PACKAGE}.")]
    for name in modules:
        import_module(name)
    paths = json.loads(api.anyone.get("/api/openapi.json").text)["paths"]
    asked = sum(len(methods) for methods in paths.values())
    made = [name for name in modules if name.startswith(f"{_PACKAGE}.api.default.")]
    assert len(made) == asked - len(_NOT_GENERATED)


def test_a_show_is_planned_sold_in_and_shipped_by_the_generated_client(
    generated: str, api: Api
) -> None:
    shop, buyer = (
        Journey(api.url, token(role, name))
        for role, name in ((Role.HOST, "host"), (Role.VIEWER, "ada"))
    )
    with closing(shop), closing(buyer):
        _go_through(api, shop, buyer)


def _go_through(api: Api, shop: Journey, buyer: Journey) -> None:
    variant = {"sku": "mug-r", "label": "Red", "price": 1890, "stock": 20}
    product = shop.model("NewProduct", product_id="mug", title="Mug", variants=[variant])
    assert shop.call("add_product", body=product).product_id == "mug"
    planned = shop.model("NewSession", title="Autumn drop")
    made = [
        shop.call("add_session", body=planned, idempotency_key="journey-1").id for _ in range(2)
    ]
    assert made[0] == made[1]
    session_id = made[0]
    add = shop.model("AddProduct", type="product.add", product_id="mug", units={"mug-r": 5})
    start = shop.model("StartSession", type="session.start")
    for command in (add, start):
        assert len(shop.call("command_session", session_id, body=command).events) == 1
    assert shop.call("read_session", session_id).status == "live"
    reserved = buyer.call(
        "reserve",
        session_id,
        body=buyer.model("NewReservation", rid=a_rid(), sku="mug-r", quantity=1),
    )
    assert (reserved.sku, reserved.price) == ("mug-r", 1890)
    # A purchase that is final is a message of the socket.
    order_id = a_rid()
    bought = api.ask(session_id, "ada", "buy", rid=order_id, sku="mug-r", quantity=2)
    assert bought["type"] == "confirmed", bought
    order = buyer.call("read_order", order_id)
    assert (order.status, order.total, [each.sku for each in order.lines]) == (
        *("confirmed", 3780),
        ["mug-r"],
    )
    shipped = shop.call(
        "fulfil_order", order_id, body=shop.model("Fulfil", carrier="UPS", tracking="1Z999")
    )
    assert shipped.tracking_url == "https://www.ups.com/track?tracknum=1Z999"
    (seen,) = buyer.call("list_fulfilments", session_id).fulfilments
    assert (seen.order_id, seen.state) == (order_id, "shipped")
    (parcel,) = shop.call("read_packing", session_id).buyers
    assert (parcel.viewer_id, parcel.units) == ("ada", 2)
    refused = buyer.call("read_order", a_rid())
    assert (type(refused).__name__, refused.code) == ("Problem", "not_found")
