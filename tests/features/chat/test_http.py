"""The blocked words of a chat over HTTP."""

from liveshop.core.roles import Role
from tests.edge.http.api import Api


def test_blocked_words_are_told_to_moderators_alone(api: Api) -> None:
    session_id, _ = api.go_live()
    event = api.command(session_id, "chat.block", words=["Fake", "scam"])
    assert {name: event[name] for name in ("type", "count")} == {"type": "chat.blocked", "count": 2}
    path = f"/api/sessions/{session_id}/words"
    assert api.as_role(Role.MODERATOR).get(path).json() == {"words": ["fake", "scam"]}
    assert api.buyer.get(path).status_code == 403
    assert api.anyone.get(path).status_code == 401
