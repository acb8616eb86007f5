"""Look for words in all that a node keeps and tells, however they are written there."""

import asyncio
import base64
import logging
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import asyncpg
import pytest
import redis

from tests.edge.http.api import Api

_TABLES: Final = """
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1
"""


def writings(words: str) -> set[str]:
    """Return how words may be written, in small letters."""
    raw = words.encode()
    found = {words, raw.hex(), quote(words), words.encode("utf-16-le").hex()}
    # Within a longer text base64 has one of three forms, whose ends depend on what is around.
    for before in range(3):
        text = base64.b64encode(b" " * before + raw).decode()
        found.add(text[2 + before : -4])
    return {each.lower() for each in found}


def places(words: str, api: Api, postgres_url: str, redis_url: str) -> set[str]:
    """Return where words are found: the tables, the keys of Redis, and the metrics."""
    wanted = writings(words)
    kept = {**asyncio.run(_rows(postgres_url)), **dict(_values(redis_url))}
    kept["metrics"] = api.anyone.get("/metrics").text
    return {place for place, text in kept.items() if any(w in text.lower() for w in wanted)}


def is_logged(words: str, caplog: pytest.LogCaptureFixture) -> bool:
    """Whether words are in the log, of any level and in any field of a record."""
    assert logging.getLogger().level == logging.DEBUG, "all that might be logged is to be seen"
    text = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    return any(written in text.lower() for written in writings(words))


async def _rows(postgres_url: str) -> dict[str, str]:
    connection = await asyncpg.connect(postgres_url)
    try:
        names = [each["name"] for each in await connection.fetch(_TABLES)]
        assert {"public.event", "public.orders", "public.person", "public.ban"} <= set(names)
        return {
            name: "\n".join(
                row["text"]
                for row in await connection.fetch(f"SELECT t::text AS text FROM {name} t")
            )
            for name in names
        }
    finally:
        await connection.close()


def _values(redis_url: str) -> Iterator[tuple[str, str]]:
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter():
            match client.type(key).decode():
                case "string":
                    value: object = client.get(key)
                case "hash":
                    value = client.hgetall(key)
                case "list":
                    value = client.lrange(key, 0, -1)
                case "set":
                    value = client.smembers(key)
                case "zset":
                    value = client.zrange(key, 0, -1)
                case "stream":
                    value = client.xrange(key)
                case other:
                    raise AssertionError(f"{key!r} is a {other}")
            yield key.decode(errors="replace"), f"{key!r} {value!r}"
