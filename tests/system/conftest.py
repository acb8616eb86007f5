"""One demo for all tests of this folder, and next to it a second node with other settings."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from liveshop.cli.subprocesses import free_port
from tests.cli.programs import demo, info, is_ready, program
from tests.conftest import store_folder
from tests.forked import forked
from tests.system.shop import SystemShop
from tests.waiting import wait_until

FRIEND = "https://shop.example"
PING_MS = 1_000


@pytest.fixture(scope="package")
def running() -> Iterator[dict[str, Any]]:
    """Run the demo as `liveshop demo` starts it; give what its `demo.json` says."""
    with store_folder() as folder, demo(folder / "data", free_port(), "--no-crowd"):
        told = info(folder / "data")
        yield told
        assert audit(told) == (0, "Every promise is kept.\n")


def audit(told: dict[str, Any]) -> tuple[int, str]:
    """Run `liveshop audit` on the stores of a demo; return its exit code and what it says."""
    environment = {
        "LIVESHOP_POSTGRES_URL": told["postgres_url"],
        "LIVESHOP_REDIS_URL": told["redis_url"],
        "LIVESHOP_SECRET": told["secret"],
    }
    with program("audit", environment=environment) as process:
        output, _ = process.communicate()
    return process.returncode, output


@pytest.fixture(scope="package")
def merchant_key() -> rsa.RSAPrivateKey:
    """The key that a merchant's own backend signs tokens with."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture(scope="package")
def second(running: dict[str, Any], merchant_key: rsa.RSAPrivateKey) -> Iterator[str]:
    """A second node on the demo's stores, whose limits are low; its address."""
    port = free_port()
    public = merchant_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    environment = {
        "LIVESHOP_REDIS_URL": running["redis_url"],
        "LIVESHOP_POSTGRES_URL": running["postgres_url"],
        "LIVESHOP_SECRET": running["secret"],
        "LIVESHOP_JWT_PUBLIC_KEY": public.decode(),
        "LIVESHOP_PORT": str(port),
        "LIVESHOP_PING_MS": str(PING_MS),
        "LIVESHOP_ORIGINS": FRIEND,
        "LIVESHOP_TRUSTED_PROXIES": "127.0.0.1",
    }
    url = f"http://127.0.0.1:{port}"
    with forked("serve", environment=environment) as process:
        wait_until(lambda: is_ready(url) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        yield url


@pytest.fixture
async def shop(running: dict[str, Any]) -> AsyncIterator[SystemShop]:
    """The demo's node."""
    async for shop in open_at(running, running["url"]):
        yield shop


@pytest.fixture
async def other(running: dict[str, Any], second: str) -> AsyncIterator[SystemShop]:
    """The second node."""
    async for shop in open_at(running, second):
        yield shop


async def open_at(running: dict[str, Any], url: str) -> AsyncIterator[SystemShop]:
    """Give the means of an examiner at a node; the sessions that it makes end with it."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=30) as http:
        shop = SystemShop(url, running["secret"], running["api_key"], http)
        yield shop
        await shop.end_sessions()
