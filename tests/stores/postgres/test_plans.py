"""Statements are planned once: those made on empty tables do not read all of full ones."""

import pytest

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.queries import queries

TABLES = ("orders", "order_line", "order_charge", "buyer_quota", "stock")
TEXTS, TEXT = "text[]", "text"
ASKED = {
    "rows_of_orders": (TEXT, TEXTS),
    "bought_of_orders": (TEXT, TEXTS),
    "orders_with_lines": (TEXTS,),
    "known_orders": (TEXTS,),
    "taken_rids": (TEXTS,),
    "free_units": (TEXT, TEXTS),
    "bought_so_far": (TEXT, TEXTS, TEXTS),
}
VALUES = {TEXT: "'s1'", TEXTS: "ARRAY['a', 'b']"}


async def test_a_statement_that_has_to_read_a_table_whole_is_not_compiled_for_it(
    database: Database,
) -> None:
    assert [setting for (setting,) in await database.fetch("SHOW jit")] == ["off"]


@pytest.mark.parametrize("name", ASKED)
async def test_names_are_looked_up_in_an_index_though_the_tables_were_empty(
    database: Database, name: str
) -> None:
    sql = (queries("session_lock") | queries("orders") | queries("batch"))[name]
    types, values = ", ".join(ASKED[name]), ", ".join(VALUES[kind] for kind in ASKED[name])
    for table in TABLES:
        await database.commit(f"VACUUM ANALYZE {table}")
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE asked ({types}) AS {sql}")
        plan = [line for (line,) in await connection.fetch(f"EXPLAIN EXECUTE asked({values})")]
        await connection.execute("DEALLOCATE asked")
    assert not [line for line in plan if "Seq Scan" in line], "\n".join(plan)
    # Each array is gone through once, and each name looked up: nothing is hashed or merged whole.
    assert not [line for line in plan if "Hash Join" in line or "Merge Join" in line], plan
