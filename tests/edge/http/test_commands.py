"""The rules of commands are told to anyone: pages draw no button that is always refused."""

from tests.edge.http.api import Api
from tests.vocabulary import VOCABULARY

_ALL = ["draft", "scheduled", "live", "paused", "ended"]


def test_each_command_has_its_lowest_role_and_its_states(api: Api) -> None:
    rules = {rule.pop("type"): rule for rule in api.anyone.get("/api/commands").json()["commands"]}
    assert set(rules) == {kind.__struct_config__.tag for kind in VOCABULARY.commands}
    assert rules["time"] == {"role": None, "statuses": _ALL}
    assert rules["buy"] == {"role": "viewer", "statuses": ["live"]}
    assert rules["product.pin"] == {"role": "moderator", "statuses": _ALL[:-1]}
    assert rules["session.end"] == {"role": "host", "statuses": ["live", "paused"]}
