"""`liveshop migrate` brings a schema up to date, or says in one line why it cannot."""

from errno import ECONNREFUSED

from click.testing import CliRunner, Result

from liveshop.cli.migrate import migrate
from liveshop.cli.subprocesses import free_port
from liveshop.stores.postgres.migrate import head

_AWAY = "Error: PostgreSQL does not answer at LIVESHOP_POSTGRES_URL: "
_ADVICE = "; `liveshop doctor` says more\n"


def _migrate(postgres_url: str) -> Result:
    environment = {"LIVESHOP_POSTGRES_URL": postgres_url}
    return CliRunner().invoke(migrate, [], env=environment, catch_exceptions=False)


def test_an_empty_database_is_brought_up_to_date_once(bare_postgres_url: str) -> None:
    first, second = _migrate(bare_postgres_url), _migrate(bare_postgres_url)
    assert (first.exit_code, first.output) == (0, f"The schema is at {head()}.\n")
    assert (second.exit_code, second.output) == (0, f"The schema is at {head()}, as it was.\n")


def test_a_wrong_password_is_said_to_be_one(bare_postgres_url: str) -> None:
    result = _migrate(bare_postgres_url.replace("liveshop:", "liveshop:x"))
    assert result.output == (f'{_AWAY}password authentication failed for user "liveshop"{_ADVICE}')
    assert result.exit_code == 1


def test_an_unknown_database_is_said_to_be_one(bare_postgres_url: str) -> None:
    server, _, _ = bare_postgres_url.rpartition("/")
    result = _migrate(f"{server}/absent")
    assert result.output == f'{_AWAY}database "absent" does not exist{_ADVICE}'
    assert result.exit_code == 1


def test_a_server_that_is_away_is_said_to_be_so() -> None:
    port = free_port()
    result = _migrate(f"postgresql://127.0.0.1:{port}/liveshop")
    assert result.output == (
        f"{_AWAY}[Errno {ECONNREFUSED}] Connect call failed ('127.0.0.1', {port}){_ADVICE}"
    )
    assert result.exit_code == 1
