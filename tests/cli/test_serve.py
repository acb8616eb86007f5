"""`liveshop serve` and `migrate`: settings in, a server out, and clear refusals."""

import signal
import socket
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from liveshop.cli.migrate import migrate
from liveshop.cli.node import listen
from liveshop.cli.serve import serve
from liveshop.cli.subprocesses import free_port
from liveshop.core.settings import SETTINGS
from liveshop.stores.postgres.migrate import head
from tests.cli.programs import is_ready, make_session, program, serving
from tests.client import connected
from tests.waiting import wait_until


def test_a_server_becomes_ready_and_ends_with_0_on_sigterm(
    redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with program("serve", environment=serving(redis_url, postgres_url, port)) as process:
        wait_until(lambda: is_ready(url) or process.poll() is not None)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert not is_ready(url)


@pytest.mark.parametrize(
    ("host", "peers"),
    [
        ("::", (socket.AF_INET, socket.AF_INET6)),
        ("::0", (socket.AF_INET, socket.AF_INET6)),
        ("::1", (socket.AF_INET6,)),
        ("0.0.0.0", (socket.AF_INET,)),
    ],
)
def test_everywhere_is_in_both_families_where_it_is_written_in_ipv6(
    host: str, peers: tuple[socket.AddressFamily, ...]
) -> None:
    addresses = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
    with listen(host, free_port()) as listener:
        port = listener.getsockname()[1]
        for family, address in addresses.items():
            with socket.socket(family) as client:
                reached = client.connect_ex((address, port)) == 0
            assert reached is (family in peers), address


@pytest.mark.parametrize("workers", ["1", "2"])
def test_plain_text_to_another_host_is_one_line_at_the_start(
    workers: str, redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    environment = serving(redis_url, postgres_url, port) | {
        "LIVESHOP_ORIGINS": "http://shop.example,http://other.example"
    }
    with program("serve", "--workers", workers, environment=environment) as process:
        wait_until(lambda: is_ready(f"http://127.0.0.1:{port}") or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate()
    (line,) = [each for each in told.splitlines() if "plain text" in each]
    assert line.endswith(
        " plain text to other hosts: LIVESHOP_ORIGINS (http://shop.example,"
        " http://other.example); `liveshop doctor` says what to do"
    )


def test_a_server_that_never_had_its_stores_is_sent_nobody(postgres_url: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    with program("serve", environment=serving(nowhere, postgres_url, port)) as process:
        wait_until(lambda: _status(f"{url}/healthz") == 200 or process.poll() is not None)
        assert process.poll() is None
        assert _status(f"{url}/joinable") == 503


def _status(url: str) -> int | None:
    try:
        return httpx.get(url).status_code
    except httpx.TransportError:
        return None


async def test_a_stopping_server_is_not_ready_while_its_viewers_go(
    redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with program("serve", environment=serving(redis_url, postgres_url, port)) as process:
        wait_until(lambda: is_ready(url))
        async with (
            httpx.AsyncClient() as load_balancer,
            connected(f"ws://127.0.0.1:{port}", make_session(url)) as viewer,
        ):
            await viewer.hello()
            for path in ("/readyz", "/joinable"):
                assert (await load_balancer.get(f"{url}{path}")).status_code == 200
            process.send_signal(signal.SIGTERM)
            await viewer.wait_for_type("moved")
            assert (await load_balancer.get(f"{url}/readyz")).json()["staying"] is False
            gone = await load_balancer.get(f"{url}/joinable")
            assert (gone.status_code, gone.json()["joinable"]) == (503, False)
            assert (await viewer.closed()).code == 4001
        assert process.wait() == 0


def test_the_help_lists_every_setting_with_its_default() -> None:
    shown = "".join(CliRunner().invoke(serve, ["--help"]).output.split())
    for setting in SETTINGS:
        default = setting.default or "none"
        line = f"{setting.name} {setting.meaning} [{setting.kind}; default: {default}]"
        assert line.replace(" ", "") in shown


def test_a_server_without_keys_does_not_start() -> None:
    result = CliRunner().invoke(serve, [], env={"LIVESHOP_SECRET": ""})
    assert result.exit_code == 1
    assert result.output.startswith("Error: LIVESHOP_SECRET is not set: ")
    assert result.output.count("\n") == 1


def test_a_key_of_another_kind_is_named() -> None:
    pem = "-----BEGIN PUBLIC KEY-----\\nnonsense\\n-----END PUBLIC KEY-----"
    result = CliRunner().invoke(serve, [], env={"LIVESHOP_JWT_PUBLIC_KEY": pem})
    assert result.exit_code == 1
    assert result.output.startswith("Error: LIVESHOP_JWT_PUBLIC_KEY: ")


@pytest.mark.parametrize(
    ("name", "url", "why"),
    [
        ("REDIS", "rediss://db?ssl_ca_certs=/none.pem", "ssl_ca_certs names /none.pem, which"),
        ("REDIS", "rediss://db?ssl_certfile=/none.pem", "ssl_certfile names /none.pem, which"),
        ("REDIS", "rediss://db?ssl_ciphers=NONE-SUCH", "ssl_ciphers names none that there is"),
        ("POSTGRES", "postgres://db/x?sslrootcert=/none.pem", "sslrootcert names /none.pem"),
        ("POSTGRES", "postgres://db/x?passfile=/none", "passfile names /none, which cannot be"),
        ("POSTGRES", "postgres://db/x?sslmode=verify-full", "needs a root certificate: write ssl"),
    ],
)
def test_a_file_that_a_url_names_and_nobody_can_read_is_named_at_the_start(
    name: str, url: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    variable = f"LIVESHOP_{name}_URL"
    result = CliRunner().invoke(serve, [], env={"LIVESHOP_SECRET": "x" * 32, variable: url})
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {variable}: its ")
    assert why in result.output
    assert result.output.count("\n") == 1


def test_migrating_twice_changes_nothing_the_second_time(bare_postgres_url: str) -> None:
    environment = {"LIVESHOP_POSTGRES_URL": bare_postgres_url}
    first = CliRunner().invoke(migrate, [], env=environment)
    again = CliRunner().invoke(migrate, [], env=environment)
    assert first.output == f"The schema is at {head()}.\n"
    assert again.output == f"The schema is at {head()}, as it was.\n"


def test_migrating_a_database_that_is_away_is_one_clear_line() -> None:
    url = f"postgresql://127.0.0.1:{free_port()}/liveshop"
    result = CliRunner().invoke(migrate, [], env={"LIVESHOP_POSTGRES_URL": url})
    assert result.exit_code == 1
    assert result.output.startswith("Error: PostgreSQL does not answer at LIVESHOP_POSTGRES_URL: ")
