"""The demo starts whole, continues after anything, and leaves nothing behind."""

import json
import os
import socket
import stat
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest

from liveshop.cli.crowd_script import NAMES
from liveshop.cli.demo_folder import TokenClaims, demo_folder
from liveshop.cli.subprocesses import free_port
from tests.cli.programs import demo, info, interrupt, program
from tests.waiting import wait_until

_FIELDS = {
    *("url", "session_id", "host_token", "admin_token", "viewer_tokens"),
    *("redis_url", "postgres_url", "pid", "secret", "api_key"),
}
_TEN_YEARS_S = 10 * 365 * 86_400


def _session(told: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.get(f"{told['url']}/api/sessions/{told['session_id']}").raise_for_status()
    session: dict[str, Any] = answer.json()
    return session


def _orders(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = httpx.get(
        f"{told['url']}/api/orders?session={told['session_id']}&limit=200",
        headers={"Authorization": f"Bearer {told['host_token']}"},
    )
    return {order["order_id"]: order for order in answer.raise_for_status().json()["orders"]}


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((str(parts.hostname), int(parts.port or 0)), 1).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_demo_is_a_live_session_and_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port, "--no-crowd") as process:
        told = info(tmp_path)
        assert set(told) == _FIELDS
        assert told["url"] == f"http://127.0.0.1:{port}"
        assert told["pid"] == process.pid
        assert stat.S_IMODE(os.stat(tmp_path / "demo.json").st_mode) == 0o600
        session = _session(told)
        assert (session["status"], session["currency"]) == ("live", "EUR")
        assert len(session["shelf"]) == 13
        assert max(len(product["variants"]) for product in session["shelf"]) == 12
        for product in session["shelf"]:
            picture = httpx.get(told["url"] + product["image"])
            assert picture.headers["content-type"].startswith("image/svg+xml")
        assert interrupt(process) == 0
        assert process.stdout is not None
        output = process.stdout.read()
    assert f"/host/{told['session_id']}#token={told['host_token']}" in output
    assert f"/watch/{told['session_id']}#token={told['viewer_tokens'][0]}" in output
    assert [_listens(told[name]) for name in ("url", "redis_url", "postgres_url")] == [False] * 3


def test_the_demo_opens_on_a_show_of_a_brand_with_a_product_in_view_and_a_sale_soon(
    tmp_path: Path,
) -> None:
    with demo(tmp_path, free_port(), "--no-crowd"):
        told = info(tmp_path)
        session = _session(told)
        assert session["pinned"] == ["terra-plant-pot"]
        (sale,) = session["sales"]
        assert sale["product_id"] == "terra-plant-pot"
        assert sale["starts_at_ms"] > session["now_ms"] - 60_000
        brand = httpx.get(f"{told['url']}/api/brand").json()
        assert (brand["name"], brand["colour"]) == ("Kiln & Linen", "#1d6b64")
        shows = httpx.get(f"{told['url']}/api/sessions").json()["sessions"]
        assert sorted(each["status"] for each in shows) == ["ended", "live", "scheduled"]
        (planned,) = [each for each in shows if each["status"] == "scheduled"]
        assert planned["starts_at_ms"] > session["now_ms"]
        pictures = [each["cover_url"] for each in shows] + [brand["logo"], brand["cover"]]
        for address in pictures:
            picture = httpx.get(told["url"] + address)
            assert picture.headers["content-type"].startswith("image/"), address
        headers = {"Authorization": f"Bearer {told['host_token']}"}
        named = httpx.get(f"{told['url']}/api/bought", headers=headers).json()
        assert named == {"names": "first"}


def test_after_kill_9_a_second_start_continues(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port) as process:
        before = info(tmp_path)
        # The crowd comes: it watches, and buys.
        wait_until(lambda: _session(before)["viewers"] > 10)
        wait_until(lambda: len(_orders(before)) >= 3)
        orders, session = _orders(before), _session(before)
        assert {order["name"] for order in orders.values()} <= {*NAMES}
        process.kill()
        process.wait()
    (tmp_path / "demo.json").rename(tmp_path / "before.json")
    with demo(tmp_path, port, "--no-crowd"):
        after = info(tmp_path)
        lasting = _FIELDS - {"pid", "redis_url", "postgres_url"}
        assert {name: after[name] for name in lasting} == {name: before[name] for name in lasting}
        assert (_session(after)["status"], _session(after)["offset"]) == ("live", session["offset"])
        assert _orders(after).items() >= orders.items()
        wait_until(lambda: _session(after)["buying"])
        environment = {
            "LIVESHOP_REDIS_URL": after["redis_url"],
            "LIVESHOP_POSTGRES_URL": after["postgres_url"],
        }
        with program("audit", environment=environment) as audit:
            output, _ = audit.communicate()
    assert (audit.returncode, output) == (0, "Every promise is kept.\n")


def test_the_demos_tokens_last_ten_years(tmp_path: Path) -> None:
    with demo_folder(tmp_path) as folder:
        keys = folder.keys("")
    assert len(set(keys.viewer_tokens)) == 10
    tokens = {keys.host_token: "host", keys.admin_token: "admin"}
    tokens |= dict.fromkeys(keys.viewer_tokens, "viewer")
    for token, role in tokens.items():
        claims = jwt.decode(token, keys.secret, ["HS256"])
        assert claims["role"] == role
        assert claims["exp"] - time.time() > _TEN_YEARS_S - 60


def test_a_given_secret_signs_new_tokens(tmp_path: Path) -> None:
    with demo_folder(tmp_path) as folder:
        kept = folder.keys("")
        assert folder.keys("") == kept
        given = folder.keys("t" * 32)
        assert jwt.decode(given.host_token, "t" * 32, ["HS256"])["role"] == "host"
        assert folder.keys("").secret == kept.secret


def test_tokens_of_a_shorter_life_are_made_at_each_start(tmp_path: Path) -> None:
    short = TokenClaims(issuer="shop", audience="live", life_s=3_600)
    with demo_folder(tmp_path) as folder:
        lasting = folder.keys("")
        first = folder.keys("", short)
        claims = jwt.decode(first.host_token, first.secret, ["HS256"], audience="live")
        assert (claims["iss"], claims["exp"] - claims["iat"]) == ("shop", 3_600)
        wait_until(lambda: folder.keys("", short) != first)
        assert jwt.decode(folder.keys("").host_token, lasting.secret, ["HS256"])["role"] == "host"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("CURRENCY", "JPY", "the demo sells in EUR, leave it out for the demo"),
        ("SECRET_ROLE_MAX", "moderator", "the demo signs the tokens of a host and an admin, leave"),
    ],
)
def test_a_setting_that_the_show_cannot_have_is_one_clear_line(
    tmp_path: Path, name: str, value: str, why: str
) -> None:
    environment = {f"LIVESHOP_{name}": value, "LIVESHOP_SECRET": "x" * 32}
    with program("demo", "--data", tmp_path / "demo", environment=environment) as process:
        output, _ = process.communicate()
    assert process.returncode == 1
    assert output.startswith(f"Error: LIVESHOP_{name}: {why}")
    assert output.count("\n") == 1
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("left", ["", "\n"])
def test_an_empty_secret_is_made_again(tmp_path: Path, left: str) -> None:
    (tmp_path / "secret").write_text(left)
    with demo_folder(tmp_path) as folder:
        keys = folder.keys("")
        assert folder.keys("") == keys
    assert len(bytes.fromhex(keys.secret)) == 32
    assert (tmp_path / "secret").read_text() == keys.secret
    assert jwt.decode(keys.host_token, keys.secret, ["HS256"])["role"] == "host"


def test_a_half_written_secret_is_never_taken(tmp_path: Path) -> None:
    # A crash while writing leaves this.
    (tmp_path / "secret.new").write_text("a1b2")
    with demo_folder(tmp_path) as folder:
        keys = folder.keys("")
    assert len(bytes.fromhex(keys.secret)) == 32
    assert [path.name for path in tmp_path.glob("*.new")] == []


def test_the_demo_reaches_itself_whatever_the_environment_and_the_folders_name_say(
    tmp_path: Path,
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    environment = {
        **{name: nowhere for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")},
        **{name: "socks5://127.0.0.1:1" for name in ("ALL_PROXY", "all_proxy")},
        **{"NO_PROXY": "", "no_proxy": "", "PGSSLMODE": "verify-full", "PGSERVICE": "nobody's"},
        **{"PGHOST": "db.example", "PGPASSWORD": "x", "PGDATABASE": "x", "PGUSER": "x"},
        **{"PGOPTIONS": "-c search_path=x", "PGTARGETSESSIONATTRS": "standby"},
        **{"LIVESHOP_SECRET_ISSUER": "shop", "LIVESHOP_SECRET_AUDIENCE": "live"},
        **{"LIVESHOP_STAFF_TOKEN_LIFE_MAX_S": "3600", "SSL_CERT_FILE": "/none"},
        **{"LC_ALL": "xx_YY.UTF-8", "TZ": "Nowhere/Nope"},
    }
    folder = tmp_path / 'it\'s a "demo" \\now $HOME %20 é'
    with demo(folder, free_port(), environment=environment) as process:
        told = info(folder)
        # The crowd, too, is let in.
        wait_until(lambda: _session(told)["viewers"] > 1)
        assert interrupt(process) == 0


def test_a_show_that_cannot_be_prepared_ends_the_demo_with_one_clear_line(tmp_path: Path) -> None:
    kept = {"session_id": "gone", "api_key": "lsk_none"}
    (tmp_path / "show.json").write_text(json.dumps(kept))
    options = ("--port", str(free_port()), "--data", tmp_path, "--no-browser", "--no-crowd")
    with program("demo", *options) as process:
        output, _ = process.communicate()
    assert process.returncode == 1
    last = output.splitlines()[-1]
    assert last.startswith("Error: the demo cannot prepare its show: Client error '404 Not Found'")
    assert last.endswith(f"(log: {tmp_path / 'liveshop.log'})")


def test_a_database_that_does_not_let_us_in_is_one_clear_line(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    wrong = postgres_url.replace("liveshop:", "liveshop:x")
    stores = ("--postgres-url", wrong, "--redis-url", redis_url)
    with program("demo", "--port", str(free_port()), "--data", tmp_path, *stores) as process:
        output, _ = process.communicate()
    assert output.splitlines() == [
        "Starting Valkey and PostgreSQL…",
        'Error: PostgreSQL does not answer: password authentication failed for user "liveshop"',
    ]
    assert process.returncode == 1


def test_a_busy_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with program("demo", "--port", str(port), "--data", tmp_path / "demo") as process:
            output, _ = process.communicate()
    assert process.returncode == 1
    assert output == (
        f"Error: cannot listen on 127.0.0.1:{port}: another program listens there; "
        "choose another port with --port\n"
    )
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "demo"
    with program("demo", "--port", str(free_port()), "--data", folder) as process:
        output, _ = process.communicate()
    assert process.returncode == 1
    assert output == (
        f"Error: cannot write in {folder}: Not a directory; choose another folder with --data\n"
    )


def test_one_demo_at_a_time_uses_a_folder(tmp_path: Path) -> None:
    with demo(tmp_path, free_port(), "--no-crowd") as first:
        before = (tmp_path / "demo.json").read_text()
        with program("demo", "--port", str(free_port()), "--data", tmp_path) as second:
            output, _ = second.communicate()
        assert second.returncode == 1
        assert output.startswith(f"Error: another demo is using {tmp_path}; stop it")
        assert (tmp_path / "demo.json").read_text() == before
        assert interrupt(first) == 0
