"""Uploads in S3, over its wire and past its faults, signed as Amazon's own client would sign."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from liveshop.cli.subprocesses import free_port
from liveshop.core.errors import Unavailable
from liveshop.features.media.rules import NAMES
from liveshop.features.media.store_s3 import Bucket, S3Files
from tests.features.media import fake_s3
from tests.waiting import wait_until

ID = "0123456789abcdef0123456789abcdef"
FILES = {name: f"the bytes of {name}".encode() for name in NAMES}


class Service:
    """A running service, and the bucket that it has."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.bucket = Bucket(
            endpoint=self.url,
            name=fake_s3.BUCKET,
            region=fake_s3.REGION,
            key=fake_s3.KEY,
            secret=fake_s3.SECRET,
        )
        self.files = S3Files(self.bucket)

    def fails(self, *faults: Any) -> None:
        """Have the next requests end so."""
        httpx.post(f"{self.url}/_faults", json=list(faults))

    def log(self) -> list[str]:
        """Return the requests since the last time."""
        told: list[str] = httpx.get(f"{self.url}/_log").json()
        return told


@pytest.fixture(scope="module")
def process() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", fake_s3.__name__, str(port)]
    with subprocess.Popen(command) as running:
        try:
            wait_until(lambda: _listens(port))
            yield port
        finally:
            running.kill()


def _listens(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/_log").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
async def service(process: int) -> Service:
    service = Service(process)
    service.fails()
    await service.files.delete(ID)
    service.log()
    return service


async def test_what_is_put_is_there_until_it_is_deleted(service: Service) -> None:
    assert await service.files.get(ID, "640.webp") is None
    assert not await service.files.has(ID)
    await service.files.put(ID, FILES)
    assert await service.files.has(ID)
    for name, data in FILES.items():
        assert await service.files.get(ID, name) == data
    await service.files.delete(ID)
    assert not await service.files.has(ID)
    assert [await service.files.get(ID, name) for name in NAMES] == [None] * len(NAMES)


async def test_the_file_that_is_looked_for_is_stored_last_and_deleted_first(
    service: Service,
) -> None:
    await service.files.put(ID, FILES)
    await service.files.delete(ID)
    told = [line.split("/")[-1] for line in service.log()]
    assert (told[len(NAMES) - 1], told[len(NAMES)]) == (NAMES[-1], NAMES[-1])


def _here(resolve: Callable[..., Any], host: object, *rest: Any, **more: Any) -> Any:
    return resolve(None, *rest, **more)


async def test_a_bucket_may_be_named_in_the_host(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every name is that of this machine: its resolver knows none below the service's.
    monkeypatch.setattr(socket, "getaddrinfo", partial(_here, socket.getaddrinfo))
    host = service.bucket.endpoint.replace("127.0.0.1", "s3.example")
    files = S3Files(replace(service.bucket, endpoint=host, path_style=False))
    await files.put(ID, FILES)
    assert {line.split()[1] for line in service.log()} == {"shop-pictures.s3.example"}
    assert await files.get(ID, "640.webp") == FILES["640.webp"]


@pytest.mark.parametrize("fault", [500, 503, "reset", "slow"])
async def test_a_fault_that_passes_is_tried_again(service: Service, fault: Any) -> None:
    await service.files.put(ID, FILES)
    service.log()
    service.fails(fault)
    assert await service.files.get(ID, "640.webp") == FILES["640.webp"]
    assert len(service.log()) == 2


async def test_a_service_that_stays_away_is_unavailable_after_three_attempts(
    service: Service,
) -> None:
    service.fails(*[503] * 3)
    with pytest.raises(Unavailable, match="S3 refuses uploads at the moment"):
        await service.files.get(ID, "640.webp")
    assert len(service.log()) == 3
    service.fails(*["reset"] * 30)
    with pytest.raises(Unavailable, match="S3 does not answer"):
        await service.files.put(ID, FILES)
    service.fails()
    assert not await service.files.has(ID)


@pytest.mark.parametrize("fault", [307, 403])
async def test_a_refusal_is_not_tried_again_and_no_redirect_followed(
    service: Service, fault: int, caplog: pytest.LogCaptureFixture
) -> None:
    service.fails(fault)
    with pytest.raises(Unavailable):
        await service.files.get(ID, "640.webp")
    assert len(service.log()) == 1
    assert f"S3 answered {fault}" in caplog.text


async def test_another_secret_is_refused_and_so_is_a_clock_that_is_wrong(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unavailable):
        await S3Files(replace(service.bucket, secret="another")).get(ID, "640.webp")
    assert "SignatureDoesNotMatch" in caplog.text
    late = S3Files(service.bucket, now=lambda: datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(Unavailable):
        await late.get(ID, "640.webp")
    assert "RequestTimeTooSkewed" in caplog.text
    assert fake_s3.SECRET not in caplog.text


async def test_a_bucket_that_is_not_there_stores_nothing(service: Service) -> None:
    with pytest.raises(Unavailable):
        await S3Files(replace(service.bucket, name="another-bucket")).put(ID, FILES)


async def test_of_an_answer_that_does_not_end_little_is_read(service: Service) -> None:
    service.fails(*["endless"] * 3)
    with anyio.fail_after(20), pytest.raises(Unavailable):
        await service.files.get(ID, "640.webp")


def test_secrets_are_not_shown() -> None:
    assert fake_s3.SECRET not in repr(Service(1).bucket)
