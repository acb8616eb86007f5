"""`liveshop doctor` names what is wrong with a set-up, and what to do about it."""

from pathlib import Path

import redis
from click.testing import CliRunner, Result

from liveshop.cli.doctor import doctor
from liveshop.cli.subprocesses import free_port

_SECRET = "s" * 32
_AWAY = {
    "redis_url": f"redis://127.0.0.1:{free_port()}/0",
    "postgres_url": f"postgresql://127.0.0.1:{free_port()}/liveshop",
}


def _doctor(**settings: str) -> Result:
    environment = {f"LIVESHOP_{name.upper()}": value for name, value in settings.items()}
    return CliRunner().invoke(doctor, [], env=environment, catch_exceptions=False)


def _bad(result: Result) -> list[str]:
    lines = result.output.splitlines()
    return [line.removeprefix("✗ ") for line in lines if line.startswith("✗")]


def test_a_server_that_may_lose_orders_is_the_one_complaint(
    redis_url: str, postgres_url: str
) -> None:
    result = _doctor(redis_url=redis_url, postgres_url=postgres_url, secret=_SECRET)
    assert _bad(result) == ["PostgreSQL may lose confirmed orders in a crash."]
    assert "Set fsync and synchronous_commit to on." in result.output
    assert result.exit_code == 1


def test_a_database_without_tables_is_to_be_migrated(
    redis_url: str, bare_postgres_url: str
) -> None:
    result = _doctor(redis_url=redis_url, postgres_url=bare_postgres_url, secret=_SECRET)
    assert _bad(result)[-1].startswith("The schema is at nothing, this release needs ")
    assert "Run `liveshop migrate`." in result.output


def test_stores_that_do_not_answer_are_told_apart() -> None:
    result = _doctor(
        redis_url=f"redis://127.0.0.1:{free_port()}/0",
        postgres_url=f"postgresql://127.0.0.1:{free_port()}/liveshop",
        secret=_SECRET,
    )
    assert [line.split(":")[0] for line in _bad(result)] == [
        "Redis does not answer",
        "PostgreSQL does not answer",
    ]
    assert result.exit_code == 1


def test_a_wrong_password_is_said_to_be_one(redis_url: str, postgres_url: str) -> None:
    result = _doctor(
        redis_url=redis_url.replace("redis://:", "redis://:x"),
        postgres_url=postgres_url.replace("liveshop:", "liveshop:x"),
        secret=_SECRET,
    )
    redis_line, postgres_line = _bad(result)
    assert "password" in redis_line
    assert "password authentication failed" in postgres_line


def test_a_redis_that_forgets_when_full_is_refused(redis_url: str, postgres_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        result = _doctor(redis_url=redis_url, postgres_url=postgres_url, secret=_SECRET)
        client.config_set("maxmemory-policy", "noeviction")
    assert _bad(result)[0] == "Valkey drops reservations when full: allkeys-lru."
    assert "CONFIG SET maxmemory-policy noeviction" in result.output


def test_without_a_secret_there_is_no_key(redis_url: str, postgres_url: str) -> None:
    result = _doctor(redis_url=redis_url, postgres_url=postgres_url)
    assert _bad(result)[0] == "There is no key to check tokens with."


def test_a_bad_setting_is_one_line() -> None:
    result = _doctor(port="eighty")
    assert result.output == ("Error: LIVESHOP_PORT: it must be a whole number, 1 to 65535\n")
    assert result.exit_code == 1


def test_plain_text_to_another_host_is_a_warning_with_what_to_write(
    redis_url: str, postgres_url: str
) -> None:
    result = _doctor(redis_url=redis_url, postgres_url=postgres_url, secret=_SECRET, host="0.0.0.0")
    assert (
        "! LIVESHOP_HOST sends viewers' tokens and orders in plain text: 0.0.0.0.\n"
        "  → End TLS in a proxy before the nodes, and name it in LIVESHOP_TRUSTED_PROXIES;"
        " otherwise nobody else may be on that network.\n"
    ) in result.output
    assert _bad(result) == ["PostgreSQL may lose confirmed orders in a crash."]
    here = _doctor(redis_url=redis_url, postgres_url=postgres_url, secret=_SECRET)
    assert "✓ Nothing goes to another host in plain text." in here.output


def test_a_folder_for_uploads_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = {
        folder: _doctor(media_folder=str(tmp_path / folder), secret=_SECRET, **_AWAY).output
        for folder in ("file", "new", "file/below")
    }
    assert f"✓ Uploaded pictures go to {tmp_path / 'new'}, which" in told["new"]
    for folder in ("file", "file/below"):
        assert f"! Nothing can be uploaded: {tmp_path / folder} cannot" in told[folder]
        assert "Set LIVESHOP_MEDIA_FOLDER to a folder that all nodes share" in told[folder]
