"""`liveshop audit` exits 0 where every promise is kept, and names the one that is not."""

import asyncio
import json

import asyncpg
from click.testing import CliRunner, Result

from liveshop.cli.audit import audit
from liveshop.cli.subprocesses import free_port


def _audit(redis_url: str, postgres_url: str, *options: str) -> Result:
    environment = {"LIVESHOP_REDIS_URL": redis_url, "LIVESHOP_POSTGRES_URL": postgres_url}
    return CliRunner().invoke(audit, options, env=environment, catch_exceptions=False)


async def _conjure_units_up(postgres_url: str, imported: int = 5) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        f"""
        INSERT INTO product (product_id, title, description) VALUES ('mug', 'Mug', '');
        INSERT INTO variant (sku, product_id, label, position, price, stock, imported_stock)
        VALUES ('MUG', 'mug', '', 0, 100, 9, {imported});
        """
    )
    await connection.close()


async def _begin_a_session_with_a_wrong_head(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        """
        INSERT INTO session (id, title, status, currency, payment, hold_ms, created_ms, newest_ms,
                             head_offset)
        VALUES ('s1', 'Show', 'live', 'EUR', 'direct', 60000, 1, 1, 7);
        INSERT INTO event (session_id, "offset", at_ms, type, body)
        VALUES ('s1', 1, 1, 'session.started',
                '{"type": "session.started", "offset": 1, "at_ms": 1, "status": "live"}');
        """
    )
    await connection.close()


def test_stores_in_which_nothing_happened_keep_every_promise(
    redis_url: str, postgres_url: str
) -> None:
    result = _audit(redis_url, postgres_url)
    assert (result.exit_code, result.output) == (0, "Every promise is kept.\n")
    told = json.loads(_audit(redis_url, postgres_url, "--json").output)
    assert told == {"findings": [], "repairs": [], "unread": []}


def test_units_that_nobody_imported_are_a_finding(redis_url: str, postgres_url: str) -> None:
    asyncio.run(_conjure_units_up(postgres_url))
    result = _audit(redis_url, postgres_url, "--json")
    assert result.exit_code == 1
    [finding] = json.loads(result.output)["findings"]
    assert finding == {
        "promise": "P1",
        "check": "catalogue_adds_up",
        "session": None,
        "what": "SKU MUG: stock is 9, imported 5 and moved 0",
        "todo": "`liveshop audit --repair` sets it to what the ledger says, "
        "if only one side disagrees with it",
        "repairable": True,
    }
    assert _audit(redis_url, postgres_url).output == (
        "P1  the catalogue: SKU MUG: stock is 9, imported 5 and moved 0\n"
        "1 finding.\n"
        f"  → catalogue_adds_up: {finding['todo']}\n"
    )


def test_a_repair_says_what_it_did_and_leaves_nothing_to_find(
    redis_url: str, postgres_url: str
) -> None:
    asyncio.run(_conjure_units_up(postgres_url))
    result = _audit(redis_url, postgres_url, "--repair")
    assert (result.exit_code, result.output) == (
        0,
        "repaired  the catalogue: SKU MUG: stock 9 → 5\nEvery promise is kept.\n",
    )
    assert _audit(redis_url, postgres_url).output == "Every promise is kept.\n"


def test_what_no_node_has_loaded_again_after_a_repair_is_not_called_good(
    redis_url: str, postgres_url: str
) -> None:
    asyncio.run(_begin_a_session_with_a_wrong_head(postgres_url))
    result = _audit(redis_url, postgres_url, "--repair")
    assert result.exit_code == 2
    assert result.output.endswith(
        "unread  session s1: audit again once a node has loaded it into Redis\n"
    )
    assert "kept" not in result.output


def test_what_a_repair_cannot_mend_is_still_a_finding(redis_url: str, postgres_url: str) -> None:
    asyncio.run(_conjure_units_up(postgres_url, imported=-1))
    result = _audit(redis_url, postgres_url, "--repair", "--json")
    assert result.exit_code == 1
    assert len(json.loads(result.output)["findings"]) == 1
    plain = _audit(redis_url, postgres_url, "--repair").output
    assert "  → catalogue_adds_up: could not be repaired: " in plain


def test_a_session_that_is_not_there_is_one_clear_line(redis_url: str, postgres_url: str) -> None:
    result = _audit(redis_url, postgres_url, "--session", "s9")
    assert (result.exit_code, result.output) == (2, "Error: there is no session s9 here\n")


def test_a_store_that_is_away_is_one_clear_line(redis_url: str, postgres_url: str) -> None:
    away = free_port()
    redis_away = _audit(f"redis://127.0.0.1:{away}/0", postgres_url)
    postgres_away = _audit(redis_url, f"postgresql://127.0.0.1:{away}/liveshop")
    for result in (redis_away, postgres_away):
        assert result.exit_code == 2
        assert result.output.startswith("Error: a store does not answer: ")
        assert str(away) in result.output
        assert result.output.count("\n") == 1


def test_a_database_without_tables_says_what_to_do(redis_url: str, bare_postgres_url: str) -> None:
    result = _audit(redis_url, bare_postgres_url)
    assert result.output == (
        "Error: the database's tables are not those of this release: run `liveshop migrate` first\n"
    )
    assert result.exit_code == 2


def test_a_wrong_password_is_said_to_be_one(redis_url: str, postgres_url: str) -> None:
    result = _audit(redis_url, postgres_url.replace("liveshop:", "liveshop:x"))
    assert result.output == (
        'Error: a store does not answer: password authentication failed for user "liveshop";'
        " `liveshop doctor` says more\n"
    )
    assert result.exit_code == 2
