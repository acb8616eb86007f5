"""The rules of features: each holds for the tree, and sees a breach that is planted."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from liveshop.core.commands import Command, HostCommand, KernelCommand
from liveshop.core.events import KernelEvent, KnownEvent
from liveshop.core.feature import Feature
from liveshop.features import FEATURES
from tests.architecture import features
from tests.architecture.features import House, feature_of
from tests.architecture.sources import ROOT
from tests.every_feature import EVERY
from tests.leaving_out import each_feature

_HOUSE: Final = House(ROOT)
# Which feature stands on which other: a new pair is a decision, so it is listed here.
_MEETINGS: Final = {
    ("polls", "ballots"),
    ("guests", "chat"),
    ("guests", "people"),
    ("guests", "change_feed"),
    ("brand", "media"),
    ("webhooks", "change_feed"),
    ("webhooks", "people"),
    ("shipping", "change_feed"),
}
# The kernel's events are those of docs/protocol.md from before there were features, those of units
# that may be sold, and `session.updated`: no feature changes what the kernel knows of a session.
# Any other new event is a feature's.
_KERNEL_EVENTS: Final = {
    *(f"session.{what}" for what in ("started", "paused", "resumed", "ended", "updated")),
    *(f"product.{what}" for what in ("added", "removed", "repriced", "pinned", "unpinned")),
    *("product.sold_out", "product.restocked", "shelf.ordered", "sale.started", "sale.ended"),
    "stock.added",
}
# Events with another prefix than their feature's, because the protocol had them before.
_OLD_NAMES: Final[dict[str, set[str]]] = {}
# Commands of a feature that no client sends on a socket, and why.
_NOT_SENT: Final = {
    "order.cancel": "it is a step of a rehearsal; else HTTP has an operation for it",
    "product_set.add": "an operation of HTTP sends it, which knows what units there are",
}
# Files by which a page's share shows nothing.
_WORDLESS: Final = {"state.js", "liveshop.d.ts"}
_LANGUAGES: Final = ("en", "el", "ru", "zh")


def _tag(kind: Any) -> str:
    return str(kind.__struct_config__.tag)


def _kinds(of: type[Any]) -> Iterator[type[Any]]:
    """Yield the classes that are derived from one and stand in features' files."""
    for kind in of.__subclasses__():
        yield from _kinds(kind)
        if feature_of(kind.__module__) is not None and kind.__struct_config__.tag is not None:
            yield kind


def _unlisted(listed: Sequence[Feature], kinds: Sequence[type[Any]]) -> list[str]:
    """Return the types that stand in a feature's files, and not in its list, or in another's."""
    owners = {kind: each.name for each in listed for kind in (*each.commands, *each.events)}
    return [
        f"{_tag(kind)} stands in {kind.__module__}, and {owners.get(kind, 'nobody')} lists it"
        for kind in kinds
        if owners.get(kind) != feature_of(kind.__module__) and _tag(kind) not in _NOT_SENT
    ]


def _foreign(listed: Sequence[Feature]) -> list[str]:
    """Return the types that do not say that they are of the feature that lists them."""
    wrong = []
    for each in listed:
        kinds: list[Any] = [*each.commands, *each.events]
        wrong += [
            f"{each.name} lists {_tag(k)} of {k.feature!r}" for k in kinds if k.feature != each.name
        ]
    return wrong


def _twice(listed: Sequence[Feature]) -> list[str]:
    """Return the types that are listed more than once, by features or by the kernel too."""
    commands = [*get_args(KernelCommand), *(kind for each in listed for kind in each.commands)]
    events = [*get_args(KernelEvent), *(kind for each in listed for kind in each.events)]
    return [
        tag
        for kinds in (commands, events)
        for tag in map(_tag, kinds)
        if [*map(_tag, kinds)].count(tag) > 1
    ]


def _wrongly_named(listed: Sequence[Feature]) -> list[str]:
    """Return the events that begin neither with their feature's name nor with that of one thing."""
    return [
        f"{_tag(kind)} of {each.name}"
        for each in listed
        for kind in each.events
        if _tag(kind).partition(".")[0] not in (each.name, each.name.removesuffix("s"))
        and _tag(kind) not in _OLD_NAMES.get(each.name, ())
    ]


def _untested(root: Path, names: Sequence[str]) -> list[str]:
    return [name for name in names if not list((root / "tests/features" / name).glob("test_*.py"))]


def _undocumented(protocol: str, names: Sequence[str]) -> list[str]:
    """Return the features without a line in the protocol's table of them, or with a lost link."""
    table = protocol.partition("\n## Features\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))
    headings = re.findall(r"^#+ (.+)$", protocol, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
    lost = [
        f"{name} has no section #{link}"
        for name in names
        for link in re.findall(r"\(#([^)]+)\)", rows.get(name, ""))
        if link not in anchors
    ]
    return [f"{name} has no line" for name in names if name not in rows] + lost


def _wordless(house: House) -> list[str]:
    """Return the languages without messages of a feature that shows something on a page."""
    return [
        f"{name} has no {language}.json"
        for name in house.features
        for page in [house.package / "features" / name / "page"]
        if page.is_dir() and {each.name for each in page.iterdir()} - _WORDLESS
        for language in _LANGUAGES
        if not (page / "messages" / f"{language}.json").is_file()
    ]


def test_the_kernel_imports_nothing_of_features() -> None:
    assert features.imports_of_features(_HOUSE) == []


def test_a_feature_s_file_imports_at_most_its_layer() -> None:
    assert features.imports_above(_HOUSE) == []


def test_features_meet_only_through_their_packages() -> None:
    assert features.imports_past_packages(_HOUSE) == []


def test_features_meet_only_as_listed_and_never_in_a_circle() -> None:
    assert features.meetings(_HOUSE) == _MEETINGS
    assert features.circles(_MEETINGS) == []


def test_only_sql_of_the_stores_writes_the_tables_of_the_kernel() -> None:
    assert features.writes_of_kernel_tables(_HOUSE) == []


@each_feature
def test_every_folder_is_a_feature_of_the_one_list_or_used_by_one_that_is(feature: str) -> None:
    listed = [each.name for each in FEATURES]
    used = {lower.name for each in FEATURES for lower in each.uses}
    # One that stands on its own may be used too; a lower one has no line.
    assert (listed.count(feature), feature in used) in ((1, False), (1, True), (0, True))


def test_each_type_is_listed_by_the_feature_whose_file_it_stands_in() -> None:
    kinds = [kind for of in (Command, HostCommand, KnownEvent) for kind in _kinds(of)]
    assert _unlisted(EVERY, kinds) == []
    assert _foreign(EVERY) == []
    assert _twice(EVERY) == []


def test_a_new_event_begins_with_the_name_of_its_feature() -> None:
    assert {_tag(kind) for kind in get_args(KernelEvent)} == _KERNEL_EVENTS
    assert _wrongly_named(EVERY) == []


def test_every_feature_has_tests_a_place_in_the_protocol_and_words_in_all_languages() -> None:
    names = _HOUSE.features
    assert _untested(ROOT, names) == []
    protocol = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    assert _undocumented(protocol, names) == []
    assert _wordless(_HOUSE) == []


_Breach = tuple[Callable[[House], list[str]], dict[str, str]]
_BREACHES: Final[dict[str, _Breach]] = {
    "a part of the kernel imports a feature": (
        features.imports_of_features,
        {"engine/room.py": "from liveshop.features.polls import POLLS\n"},
    ),
    "a part of the kernel imports the list": (
        features.imports_of_features,
        {"edge/http/app.py": "from liveshop.features import FEATURES\n"},
    ),
    "a command imports a file of a feature": (
        features.imports_of_features,
        {"cli/votes.py": "from liveshop.features.polls.rules import Vote\n"},
    ),
    "rules import a store": (
        features.imports_above,
        {"features/polls/rules.py": "from liveshop.stores.redis import link\n"},
    ),
    "a file without a layer in its name imports an engine": (
        features.imports_above,
        {"features/polls/counting.py": "def count():\n    import liveshop.engine.room\n"},
    ),
    "a room imports the edge": (
        features.imports_above,
        {"features/polls/room_voters.py": "from liveshop.edge.http.app import build_app\n"},
    ),
    "HTTP imports the gateway": (
        features.imports_above,
        {"features/polls/http.py": "from liveshop.edge.gateway import Gateway\n"},
    ),
    "rules import the store of their own feature": (
        features.imports_above,
        {"features/polls/rules.py": "from liveshop.features.polls.store import Polls\n"},
    ),
    "a feature imports a file of another": (
        features.imports_past_packages,
        {"features/polls/room.py": "from liveshop.features.ballots.store import Ballots\n"},
    ),
    "rules import more of another feature than its rules": (
        features.imports_past_packages,
        {"features/polls/rules.py": "from liveshop.features.ballots.counting import count\n"},
    ),
    "a feature's SQL writes what is sold": (
        features.writes_of_kernel_tables,
        {"features/polls/polls.sql": "-- name: win\nUPDATE stock SET sold = sold + 1\n"},
    ),
    "a feature's Python writes the log": (
        features.writes_of_kernel_tables,
        {"features/polls/store.py": 'QUERY = "insert into event (session_id) values ($1)"\n'},
    ),
}
_KERNEL_FILES: Final = {
    "core/wire.py": "",
    "stores/redis/link.py": "",
    "engine/room.py": "from liveshop.stores.redis import link\n",
    "edge/gateway.py": "from liveshop.engine import room\n",
    "edge/http/app.py": "",
    "stores/postgres/sql/sales.sql": "UPDATE stock SET sold = $1",
    "cli/node.py": "from liveshop.features import FEATURES\nimport liveshop.features.polls\n",
    "features/__init__.py": "from liveshop.features.polls import POLLS\nFEATURES = (POLLS,)\n",
    "features/ballots/__init__.py": "from liveshop.features.ballots.store import Ballots\n",
    "features/ballots/store.py": "from liveshop.stores.redis import link\n",
    "features/polls/__init__.py": "from liveshop.features.polls.room import Polls\n",
    "features/ballots/rules.py": "from liveshop.core import wire\n",
    "features/ballots/counting.py": "",
    "features/polls/rules.py": (
        "from liveshop.core import wire\nfrom liveshop.features.ballots.rules import Counts\n"
    ),
    "features/polls/store.py": "SQL = 'SELECT id FROM session FOR UPDATE'\n",
    "features/polls/counting.py": "from liveshop.core import wire\n",
    "features/polls/room.py": (
        "from liveshop.engine import room\nfrom liveshop.features.ballots import Ballots\n"
        "from liveshop.features.polls import counting, rules, store\n"
    ),
    "features/polls/room_voters.py": "from liveshop.features.polls.store import Polls\n",
    "features/polls/http.py": "from liveshop.edge.http import app\n",
    "features/polls/polls.sql": "INSERT INTO sessions_of_polls SELECT id FROM session\n",
}


def _house(folder: Path, files: dict[str, str]) -> House:
    for name, text in {**_KERNEL_FILES, **files}.items():
        path = folder / "liveshop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return House(folder)


@pytest.mark.parametrize("name", _BREACHES)
def test_a_breach_of_a_rule_of_imports_or_tables_is_seen(name: str, tmp_path: Path) -> None:
    rule, files = _BREACHES[name]
    assert rule(_house(tmp_path / "sound", {})) == []
    assert len(rule(_house(tmp_path / "broken", files))) == 1


def test_features_that_meet_are_seen_and_those_that_meet_in_a_circle(tmp_path: Path) -> None:
    met = features.meetings(_house(tmp_path / "sound", {}))
    assert met == {("polls", "ballots")}
    assert features.circles(met) == []
    circle = {"features/ballots/store.py": "from liveshop.features.polls import POLLS\n"}
    met = features.meetings(_house(tmp_path / "broken", circle))
    assert met == {("polls", "ballots"), ("ballots", "polls")}
    assert len(features.circles(met)) == 1


class _Voted(KnownEvent, frozen=True, kw_only=True, tag="voted"):
    feature = "polls"


def test_a_type_that_is_not_listed_listed_twice_or_of_another_is_seen() -> None:
    (chat,) = [each for each in EVERY if each.name == "chat"]
    less = replace(chat, events=chat.events[1:])
    assert _unlisted([less], chat.events) == [
        f"{_tag(chat.events[0])} stands in liveshop.features.chat.rules, and nobody lists it"
    ]
    other = Feature(name="other", events=chat.events[:1])
    assert len(_unlisted([less, other], chat.events)) == 1
    assert len(_foreign([other])) == 1
    assert set(_twice([chat, other])) == {_tag(chat.events[0])}


def test_an_event_by_another_name_is_seen() -> None:
    assert _wrongly_named([Feature(name="polls", events=(_Voted,))]) == ["voted of polls"]


def test_a_feature_without_tests_a_section_or_a_language_is_seen(tmp_path: Path) -> None:
    house = _house(tmp_path, {"features/polls/page/messages/en.json": "{}"})
    (tmp_path / "tests/features/polls").mkdir(parents=True)
    assert _untested(tmp_path, ["polls"]) == ["polls"]
    (tmp_path / "tests/features/polls/test_rules.py").touch()
    assert _untested(tmp_path, ["polls"]) == []
    missing = [f"polls has no {language}.json" for language in ("el", "ru", "zh")]
    assert _wordless(house) == missing
    table = "## Features\n\n| feature | here |\n|---|---|\n| `polls` | [polls](#polls) |\n"
    assert _undocumented(f"# A\n\n{table}\n## Polls\n", ["polls"]) == []
    assert _undocumented(f"# A\n\n{table}", ["polls", "chat"]) == [
        "chat has no line",
        "polls has no section #polls",
    ]
