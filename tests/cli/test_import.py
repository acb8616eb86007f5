"""`liveshop import`: counts, bad rows, exit codes."""

from errno import ECONNREFUSED
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from liveshop.cli.import_ import import_

ODDITIES = Path(__file__).parents[1] / "files" / "oddities.csv"
GOOD = "Handle,Title,Variant Price,Variant Inventory Qty\nmug,Mug,9.00,5\ncup,Cup,8.00,5\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.csv"
    path.write_text(GOOD)
    return path


def run(file: Path, **settings: str) -> Result:
    env = {f"LIVESHOP_{name.upper()}": value for name, value in settings.items()}
    return CliRunner().invoke(import_, [str(file)], env=env)


def test_a_good_file_is_counted_and_exits_0(postgres_url: str, good: Path) -> None:
    result = run(good, postgres_url=postgres_url)
    assert result.stdout.splitlines() == [
        "2 products with 2 variants",
        "2 created, 0 updated, 0 unchanged, 0 bad rows",
    ]
    assert result.exit_code == 0
    again = run(good, postgres_url=postgres_url)
    assert again.stdout.splitlines()[1] == "0 created, 0 updated, 2 unchanged, 0 bad rows"
    assert again.exit_code == 0


def test_bad_rows_are_listed_with_their_line_and_exit_1(postgres_url: str) -> None:
    result = run(ODDITIES, postgres_url=postgres_url)
    lines = result.stdout.splitlines()
    assert lines[:4] == [
        "5 products with 7 variants",
        "5 created, 0 updated, 0 unchanged, 14 bad rows",
        "line 7  -  Handle is missing",
        "line 9  sun-hat  the price -1.00 is negative",
    ]
    assert len(lines) == 2 + 14
    assert result.exit_code == 1


def test_prices_are_in_the_currency_of_the_settings(postgres_url: str, good: Path) -> None:
    result = run(good, postgres_url=postgres_url, currency="JPY")
    assert "line 2  mug  the price 9.00 has more than 0 decimals" in result.stdout
    assert result.exit_code == 1


def test_a_file_that_is_no_csv_is_one_line(postgres_url: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("name;price\nMug;9\n")
    result = run(path, postgres_url=postgres_url)
    assert result.stderr.splitlines() == [
        "Error: the header lacks Handle, Title, Variant Price;"
        " the columns have to be separated by commas"
    ]
    assert (result.stdout, result.exit_code) == ("", 1)


def test_a_database_without_tables_says_what_to_do(bare_postgres_url: str, good: Path) -> None:
    result = run(good, postgres_url=bare_postgres_url)
    assert result.stderr.splitlines() == [
        "Error: the database's tables are not those of this release: run `liveshop migrate` first"
    ]
    assert result.exit_code == 1


def test_an_absent_database_is_one_line(good: Path) -> None:
    result = run(good, postgres_url="postgresql://nobody@127.0.0.1:1/none")
    assert result.stderr.splitlines() == [
        "Error: PostgreSQL does not answer at LIVESHOP_POSTGRES_URL:"
        f" [Errno {ECONNREFUSED}] Connect call failed ('127.0.0.1', 1);"
        " `liveshop doctor` says more; what was imported before is kept, run the same again"
    ]
    assert result.exit_code == 1


def test_a_wrong_password_is_said_to_be_one(postgres_url: str, good: Path) -> None:
    result = run(good, postgres_url=postgres_url.replace("liveshop:", "liveshop:x"))
    assert result.stderr.splitlines() == [
        "Error: PostgreSQL does not answer at LIVESHOP_POSTGRES_URL:"
        ' password authentication failed for user "liveshop"; `liveshop doctor` says more;'
        " what was imported before is kept, run the same again"
    ]
    assert result.exit_code == 1
