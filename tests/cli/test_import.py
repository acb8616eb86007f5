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
        "8 products with 10 variants",
        "8 created, 0 updated, 0 unchanged, 11 bad rows",
        "line 7  -  Handle is missing",
        "line 9  sun-hat  the price -1.00 is negative",
    ]
    assert len(lines) == 2 + 11 + 3
    assert lines[-3:] == [
        "line 12  glove  note: the SKU RC-S is already on line 2: it is glove here",
        "line 13  café-cup  note: not UTF-8: read as Windows-1252;"
        " look at its letters with accents",
        "line 15  sock  note: the quantity -2 is negative, and counts as 0",
    ]
    assert result.exit_code == 1


def test_prices_are_in_the_currency_of_the_settings(postgres_url: str, good: Path) -> None:
    good.write_text(GOOD.replace("8.00", "8.50"))
    result = run(good, postgres_url=postgres_url, currency="JPY")
    assert result.stdout.splitlines() == [
        "1 products with 1 variants",
        "1 created, 0 updated, 0 unchanged, 1 bad rows",
        "line 3  cup  the price 8.50 has more than 0 decimals",
    ]
    assert result.exit_code == 1


def test_bad_rows_beyond_the_list_are_counted_by_what_is_at_fault(
    postgres_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    rows = [f"p{i},P,{'x' if i % 4 else '1'},{'x' if i % 4 == 0 else 1}" for i in range(12_000)]
    path.write_text("\n".join(["Handle,Title,Variant Price,Variant Inventory Qty", *rows]))
    lines = run(path, postgres_url=postgres_url).stdout.splitlines()
    assert lines[1] == "0 created, 0 updated, 0 unchanged, 12000 bad rows"
    assert len(lines) == 2 + 10_000 + 1
    assert lines[-1] == "and 2000 more; of all of them 9000 of price, 3000 of quantity"


def test_a_file_that_is_no_csv_is_one_line(postgres_url: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("name;cost\nMug;9\n")
    result = run(path, postgres_url=postgres_url)
    assert result.stderr.splitlines() == [
        "Error: the header lacks Handle, Title, Variant Price; is this a product CSV from Shopify?"
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
