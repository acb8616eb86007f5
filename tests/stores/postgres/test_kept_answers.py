"""Answers to requests that may be sent again, where the loss of an answer leaves a doubt."""

import pytest

from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.kept_answers import Kept, KeptAnswers
from tests.faults.proxy import Proxy
from tests.stores.postgres.conftest import running
from tests.stores.postgres.shop import NOW


async def _claim(kept: KeptAnswers, key: str) -> bool:
    return await kept.claim("ada", key, b"digest", now_ms=NOW, over_ms=0)


async def test_a_key_whose_taking_was_not_answered_is_its_own(
    database: Database, postgres_url: str
) -> None:
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        await cut.ping()
        proxy.lose_replies(b"lost-key")
        assert await _claim(KeptAnswers(cut), "lost-key")
        assert proxy.replies_lost == 1
    kept = KeptAnswers(database)
    assert not await _claim(kept, "lost-key")
    await kept.keep("ada", "lost-key", 201, b"{}")
    assert await kept.read("ada", "lost-key") == Kept(request=b"digest", status=201, answer=b"{}")


@pytest.mark.parametrize("same", [True, False])
async def test_a_key_that_another_request_has_is_not_taken_for_ones_own(
    database: Database, postgres_url: str, same: bool
) -> None:
    assert await _claim(KeptAnswers(database), "lost-key")
    async with Proxy(postgres_url).listening() as proxy, running(Database(proxy.url)) as cut:
        await cut.ping()
        proxy.lose_replies(b"lost-key")
        kept = KeptAnswers(cut)
        digest = b"digest" if same else b"other"
        assert not await kept.claim("ada", "lost-key", digest, now_ms=NOW, over_ms=0)
