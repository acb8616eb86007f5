"""The messages of the pages: the same keys and places in every language, none of them idle."""

import json
import re
from pathlib import Path

import pytest
from babel import Locale

_PACKAGE = Path(__file__).parents[2] / "liveshop"
_PAGES = _PACKAGE / "pages"
_FEATURES = sorted(path.parents[1].name for path in _PACKAGE.glob("features/*/page/messages"))
_LANGUAGES = ("en", "el", "zh", "ru")
_USE = re.compile(r"""\bt\(\s*(?P<quote>["`])(?P<key>[\w.]+)(?P<rest>\$\{)?""")
# A key that a table holds until it is said: `key: "cart.empty"`.
_HELD = re.compile(r"""\b\w*[kK]ey: "(?P<key>[a-z]\w*\.[\w.]+)\"""")
_PLACE = re.compile(r"\{(\w+)\}")

Message = str | dict[str, str]


def _kernels(language: str) -> dict[str, Message]:
    return _read(_PAGES / "messages" / f"{language}.json")


def _features(feature: str, language: str) -> dict[str, Message]:
    return _read(_PACKAGE / "features" / feature / "page" / "messages" / f"{language}.json")


def _read(path: Path) -> dict[str, Message]:
    found: dict[str, Message] = json.loads(path.read_text())
    return found


def _messages(language: str) -> dict[str, Message]:
    """Return the messages of the kernel and of every feature, as the server puts them together."""
    return _kernels(language) | {
        key: message
        for feature in _FEATURES
        for key, message in _features(feature, language).items()
    }


def _scripts(feature: str | None = None) -> list[str]:
    """Return the scripts of a feature; the kernel's and every feature's if none is named."""
    folders = ["pages", "features"] if feature is None else [f"features/{feature}"]
    return [
        path.read_text()
        for folder in folders
        for path in (_PACKAGE / folder).rglob("*.js")
        if "vendor" not in path.parts
    ]


def _texts(message: Message) -> list[str]:
    return [message] if isinstance(message, str) else list(message.values())


def _places(message: Message) -> list[set[str]]:
    return [set(_PLACE.findall(text)) for text in _texts(message)]


def test_there_is_one_file_for_each_language_that_can_be_chosen() -> None:
    i18n = (_PAGES / "shared" / "i18n.js").read_text()
    (offered,) = re.findall(r"LANGUAGES = \{(.+)\}", i18n)
    assert tuple(re.findall(r"(\w+): ", offered)) == _LANGUAGES
    shares = [_PACKAGE / "features" / feature / "page" for feature in _FEATURES]
    for folder in (_PAGES, *shares):
        assert {path.stem for path in (folder / "messages").iterdir()} == set(_LANGUAGES), folder


@pytest.mark.parametrize("feature", _FEATURES)
def test_a_feature_says_the_same_in_every_language_under_keys_of_its_own(feature: str) -> None:
    """Keys that begin with the feature's name are in no other file, if the kernel has none."""
    english = _features(feature, "en")
    assert {key.partition(".")[0] for key in english} == {feature}
    assert not any(key.startswith(f"{feature}.") for key in _kernels("en"))
    for language in _LANGUAGES:
        assert list(_features(feature, language)) == list(english), language


@pytest.mark.parametrize("feature", _FEATURES)
def test_a_feature_uses_its_own_messages_and_the_kernels(feature: str) -> None:
    """Otherwise it could not be read, and not be left out, without another one."""
    texts = _scripts(feature)
    used = {
        match["key"] for text in texts for match in (*_USE.finditer(text), *_HELD.finditer(text))
    }
    others = tuple(f"{name}." for name in _FEATURES if name != feature)
    assert [key for key in sorted(used) if key.startswith(others)] == []


@pytest.mark.parametrize("language", _LANGUAGES)
def test_no_key_is_missing_or_idle(language: str) -> None:
    uses = [match for text in _scripts() for match in _USE.finditer(text)]
    whole = {match["key"] for match in uses if not match["rest"]}
    whole |= {match["key"] for text in _scripts() for match in _HELD.finditer(text)}
    begun = tuple(match["key"] for match in uses if match["rest"])
    keys = set(_messages(language))
    assert whole - keys == set(), "missing"
    assert {key for key in keys - whole if not key.startswith(begun)} == set(), "idle"
    for prefix in begun:
        assert any(key.startswith(prefix) for key in keys), f"no message begins with {prefix}"


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_message_has_the_same_places_as_in_english(language: str) -> None:
    english, messages = _messages("en"), _messages(language)
    for key, message in messages.items():
        (places, *others) = _places(english[key])
        assert all(each == places for each in (*others, *_places(message))), key


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_message_with_plurals_has_those_that_the_language_has(language: str) -> None:
    wanted = {*Locale(language).plural_form.tags, "other"}
    english = _messages("en")
    for key, message in _messages(language).items():
        assert isinstance(message, dict) == isinstance(english[key], dict), key
        if isinstance(message, dict):
            assert set(message) == wanted, key


@pytest.mark.parametrize("language", _LANGUAGES)
def test_messages_stand_in_order_and_say_something(language: str) -> None:
    messages = _messages(language)
    for share in (_kernels(language), *(_features(feature, language) for feature in _FEATURES)):
        assert list(share) == sorted(share)
    assert all(text.strip() for message in messages.values() for text in _texts(message))
    assert not any("!" in text or "！" in text for m in messages.values() for text in _texts(m))


# The text of a button, and its longer name for those who hear it or speak to it.
_NAMED = {
    "buy.add": "buy.add_product",
    "buy.pay": "buy.pay_product",
    "cart.remove": "cart.remove_product",
    "console.pin": "console.pin_title console.pin_next_title chat.console.pin_of",
    "console.unpin": "console.unpin_title chat.console.unpin_of",
    "console.pin_added": "console.pin_added_title",
    "console.price": "console.price_title",
    "console.restock": "console.restock_title",
    "console.plan": "console.plan_title",
    "console.sale": "console.sale_title",
    "console.sale_now": "console.sale_now_title",
    "console.end_sale": "console.end_sale_title",
    "console.remove": "console.remove_title",
    "chat.console.delete": "chat.console.delete_of",
    "chat.console.ban": "chat.console.ban_name",
    "chat.console.ban_all": "chat.console.ban_all_name",
    "chat.console.mute": "chat.console.mute_name",
    "chat.console.unban": "chat.console.unban_name",
    "chat.console.unmute": "chat.console.unmute_name",
    "console.cancel": "console.cancel_order_of",
    "lobby.host": "lobby.host_show",
    "planning.clone": "planning.clone_show",
    "planning.weekly": "planning.weekly_show",
    "product_sets.add_one": "product_sets.add_named",
}


@pytest.mark.parametrize("language", _LANGUAGES)
def test_a_button_is_named_with_the_words_that_it_shows(language: str) -> None:
    messages = _messages(language)
    for shown, names in _NAMED.items():
        words = str(messages[shown]).rstrip("…").casefold()
        for name in names.split():
            assert words in str(messages[name]).casefold(), name
