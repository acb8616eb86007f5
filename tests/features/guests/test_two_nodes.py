"""An erasure and a ban of a guest by one node are heeded by the others."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import anyio
import pytest
from anyio import to_thread

from liveshop.core.roles import Role
from tests.client import connected
from tests.edge.http.api import Api, token
from tests.edge.http.conftest import api_of
from tests.features.guests.guest import NAME, Guest, let_in
from tests.waiting import wait_until


@pytest.fixture
def elsewhere(api: Api, postgres_url: str, redis_url: str) -> Iterator[Api]:
    """A second node on the stores of the first."""
    with api_of(postgres_url, redis_url) as other:
        yield other


def test_a_guest_that_one_node_forgets_is_called_by_its_id_on_another(
    api: Api, elsewhere: Api
) -> None:
    session_id, _ = api.go_live()
    there = Guest(elsewhere, let_in(api, session_id).made)
    forgotten, after = elsewhere.portal.call(partial(_speak_before_and_after, there, api))
    assert (forgotten, after) == (NAME, there.sub)


async def _speak_before_and_after(guest: Guest, other: Api) -> tuple[str, str]:
    """Speak through one node, be forgotten by the other, and speak until the name has gone."""
    async with guest.joined() as client:
        names = [await _name_of(client, "before")]
        here = Guest(other, guest.made)
        answer = await to_thread.run_sync(partial(here.http.delete, "/api/guests/me"))
        assert answer.status_code == 204
        with anyio.fail_after(20):
            while names[-1] == NAME:
                await anyio.sleep(0.5)  # as often as anybody may speak
                names.append(await _name_of(client, f"after {len(names)}"))
        return names[0], names[-1]


async def _name_of(client: Any, text: str) -> str:
    """Say something, and return the name that everyone is shown with it."""
    said = await client.ask("say", text=text)
    chat = await client.wait_for(
        lambda message: (
            message["type"] == "chat"
            and any(each["id"] == said["id"] for each in message["messages"])
        )
    )
    return next(
        str(each["viewer"]["name"]) for each in chat["messages"] if each["id"] == said["id"]
    )


def test_a_ban_shuts_the_network_of_a_viewer_who_is_connected_to_another_node(
    api: Api, elsewhere: Api
) -> None:
    session_id, _ = api.go_live()
    elsewhere.portal.call(partial(_be_banned, elsewhere, api, session_id))
    body = {"session": session_id, "name": "Kaya"}
    # The node that had the connection tells by way of PostgreSQL.
    wait_until(lambda: api.anyone.post("/api/guests", json=body).status_code == 403)
    assert elsewhere.anyone.post("/api/guests", json=body).status_code == 403


async def _be_banned(at: Api, by: Api, session_id: str) -> None:
    async with connected(at.url.replace("http", "ws", 1), session_id) as client:
        await client.hello(token(Role.VIEWER, "eve"))
        ban = {"type": "viewer.ban", "viewer_id": "eve"}
        path = f"/api/sessions/{session_id}/commands"
        answer = await to_thread.run_sync(partial(by.host.post, path, json=ban))
        assert answer.status_code == 200
        assert (await client.closed()).code == 4503
