"""Steps of a rehearsal over HTTP, and what the stores have meanwhile."""

from typing import Any, Final

import asyncpg
import redis

from tests.edge.http.api import Api, Caller, Json
from tests.waiting import wait_until

START: Final[Json] = {"type": "session.start"}
CROWD: Final[Json] = {"id": "ada", "name": "Ada"}
# Keys and tables that a room writes on its own as time goes by, whoever asks for what.
_OF_TIME: Final = (":cfg", ":nodes")
_TABLES_OF_TIME: Final = {"show_sample"}


def path_of(session_id: str) -> str:
    return f"/api/sessions/{session_id}/rehearse"


def beginning(api: Api, session_id: str) -> Json:
    """Return the state that a rehearsal begins with: the session as it is shown, with no sales."""
    shown = api.host.get(f"/api/sessions/{session_id}").json()
    return {"session": {**shown, "status": "scheduled", "chat": [], "sales": []}}


def step(caller: Caller, state: Json, command: Json | None, viewer: Json | None = None) -> Json:
    """Carry out a step that is not refused; return its answer."""
    body = {"state": state, "command": command, "viewer": viewer}
    done = caller.post(path_of(state["session"]["id"]), json=body)
    assert done.status_code == 200, done.text
    answer: Json = done.json()
    return answer


def stored(api: Api, postgres_url: str, redis_url: str, session_id: str) -> Json:
    """Return every row of every table, and what Redis has of a session that was made here."""
    # The activity log is written after the answer.
    wait_until(lambda: "add_session" in str(api.portal.call(_rows, postgres_url)["activity"]))
    tables = api.portal.call(_rows, postgres_url)
    kept = _kept(redis_url, session_id)
    assert len(tables["session"]) == 1
    assert kept
    return {"tables": tables, "kept": kept}


async def _rows(postgres_url: str) -> dict[str, list[str]]:
    """Return every row of every table but those of time."""
    connection = await asyncpg.connect(postgres_url)
    try:
        names = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        return {
            str(name): [str(row) for row in await connection.fetch(f'SELECT * FROM "{name}"')]
            for (name,) in names
            if name not in _TABLES_OF_TIME
        }
    finally:
        await connection.close()


def _kept(redis_url: str, session_id: str) -> dict[str, Any]:
    """Return what Redis has of a session."""
    with redis.Redis.from_url(redis_url) as client:
        names = [name.decode() for name in client.scan_iter(match=f"*{session_id}*")]
        return {name: name.endswith(_OF_TIME) or client.dump(name) for name in names}
