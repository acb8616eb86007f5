"""The commands as the protocol's text gives them: the values each field may have, and may not.

Written only from the text, with its numbers: it shares nothing with the types that it tests.
"""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.vocabulary import VOCABULARY

Strategy = st.SearchStrategy[Any]

# Half of a surrogate pair is no text at all.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_PLAIN = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])


def text(most: int, least: int = 1) -> Strategy:
    """Text without control characters, counted in code points."""
    return st.text(_PLAIN, min_size=least, max_size=most)


def by_sku(values: Strategy) -> Strategy:
    """An object whose keys are SKUs, not empty."""
    return st.dictionaries(IDS, values, min_size=1, max_size=5)


IDS = text(64)
PEOPLE = st.from_regex(r"[A-Za-z0-9_]{1,64}", fullmatch=True)
RIDS = st.uuids().map(str)
PRICES = st.integers(0, 10**12)
UNITS = st.integers(1, 1_000_000)
INSTANTS = st.integers(0, 253_402_300_799_999)
URLS = st.from_regex(r"https://[a-z]{1,20}\.example/[a-z]{0,20}", fullmatch=True)
_PURCHASE = {"rid": RIDS, "sku": IDS, "quantity": st.integers(1, 100)}
_PRODUCT = {"product_id": IDS}
_CHAT = {"id": IDS}

_OFFER = st.from_regex(r"@[1-9][0-9]{0,9}", fullmatch=True)
_CODES = {"codes": st.lists(text(24), max_size=3), "total": st.integers(0, 2**53 - 1)}
_POLL = {"poll": st.integers(1, 2**31 - 1)}
_POLL_CHOICES = st.lists(
    st.fixed_dictionaries({"label": text(40)}, optional={"product_id": IDS}),
    min_size=2,
    max_size=6,
    unique_by=lambda choice: choice["label"],
)

Grammar = Mapping[str, tuple[Mapping[str, Strategy], Mapping[str, Strategy]]]
# By feature: those that a node may be without.
_FEATURES: Mapping[str, Grammar] = {
    "polls": {
        "poll.open": (
            {"question": text(120), "choices": _POLL_CHOICES},
            {
                "kind": st.just("choice"),
                "duration_ms": st.integers(5_000, 3_600_000),
                "show": st.sampled_from(["live", "voted", "end"]),
                "right": st.integers(0, 1),
                "guests": st.booleans(),
            },
        ),
        "poll.close": (_POLL, {}),
        "vote": ({**_POLL, "choice": st.integers(0, 10)}, {"visitor": IDS}),
    },
    "offers": {
        "offer.open": (
            {"kind": st.just("code"), "label": text(60), "amount": st.integers(1, 2**31 - 1)},
            {
                "who": st.sampled_from(["everyone", "first_order"]),
                "code": st.from_regex(r"[A-Za-z0-9]{3,24}", fullmatch=True),
                "units": UNITS,
                "per_buyer": st.integers(1, 1_000),
                "budget": st.integers(1, 2**31 - 1),
                "alone": st.booleans(),
                "starts_in_ms": st.integers(1, 86_400_000),
                "ends_in_ms": st.integers(5_000, 86_400_000),
                "keep_ms": st.integers(60_000, 86_400_000),
                "min_goods": st.integers(0, 2**53 - 1),
                "product_ids": st.lists(IDS, min_size=1, max_size=5),
                # Of offers of other kinds, or for others.
                **dict.fromkeys(
                    ("percent", "max_amount", "steps", "buy", "get", "times", "parts", "price"),
                    st.none(),
                ),
                **dict.fromkeys(("methods", "viewers"), st.none()),
            },
        ),
        "offer.close": ({"offer": _OFFER}, {}),
        "offers.order": ({"offers": st.lists(_OFFER, min_size=1, max_size=5)}, {}),
        "offer.take": ({"rid": RIDS, "offer": _OFFER}, {}),
        "price": (
            {"rids": st.lists(RIDS, min_size=1, max_size=20)},
            {"codes": st.lists(text(24), max_size=3)},
        ),
    },
}
# By type: the fields that are required, and those that may be left out or null.
COMMANDS: Grammar = {
    "hello": ({}, {"token": text(3_000, 0), "visitor": IDS}),
    "time": ({"client_ms": st.integers(-(2**63), 2**63 - 1)}, {}),
    "like": ({"count": st.integers(1, 20)}, {}),
    "look": (_PRODUCT, {}),
    # A text in which there is nothing to see is refused.
    "say": ({"text": text(199).map("a{}".format)}, {"reply_to": IDS}),
    "buy": (_PURCHASE, {"price": PRICES, **_CODES}),
    "reserve": (_PURCHASE, {"price": PRICES}),
    "checkout": (
        {"order_id": RIDS, "rids": st.lists(RIDS, min_size=1, max_size=20)},
        {**_CODES},
    ),
    "release": ({"rid": RIDS}, {}),
    "abandon": ({"order_id": RIDS}, {}),
    "session.start": ({}, {}),
    "session.pause": ({}, {}),
    "session.resume": ({}, {}),
    "session.end": ({}, {}),
    "session.update": (
        {"title": text(200)},
        {"starts_at_ms": INSTANTS, "stream_url": URLS, "cover_url": URLS},
    ),
    "product.add": (
        {**_PRODUCT, "units": by_sku(UNITS)},
        {"prices": by_sku(PRICES), "limit": st.integers(1, 1_000), "kept": st.booleans()},
    ),
    "product.remove": (_PRODUCT, {}),
    "stock.add": ({**_PRODUCT, "units": by_sku(UNITS)}, {"rid": RIDS}),
    "product.reprice": ({**_PRODUCT, "prices": by_sku(PRICES)}, {}),
    "product.pin": (_PRODUCT, {}),
    "product.unpin": (_PRODUCT, {}),
    "shelf.order": ({"product_ids": st.lists(IDS, min_size=1, max_size=5)}, {}),
    "sale.start": (
        {
            **_PRODUCT,
            "duration_ms": st.integers(5_000, 86_400_000),
            "percent": st.integers(1, 99),
        },
        {
            "units": UNITS,
            "limit": st.integers(1, 1_000),
            "starts_in_ms": st.integers(0, 86_400_000),
        },
    ),
    "sale.end": (_PRODUCT, {}),
    "chat.delete": (_CHAT, {}),
    "chat.pin": (_CHAT, {}),
    "chat.unpin": (_CHAT, {}),
    "chat.slow": ({"interval_ms": st.integers(0, 3_600_000)}, {}),
    "chat.block": ({"words": st.lists(text(40), max_size=5)}, {}),
    "viewer.mute": ({"viewer_id": PEOPLE}, {"duration_ms": st.integers(1, 86_400_000)}),
    "viewer.unmute": ({"viewer_id": PEOPLE}, {}),
    "viewer.ban": (
        {"viewer_id": PEOPLE},
        {"duration_ms": st.integers(1, 31_536_000_000), "everywhere": st.booleans()},
    ),
    "viewer.unban": ({"viewer_id": PEOPLE}, {"everywhere": st.booleans()}),
    "hold.release": ({"viewer_id": PEOPLE, "rid": RIDS}, {}),
    **{
        tag: fields
        for feature, grammar in _FEATURES.items()
        if feature in VOCABULARY.names
        for tag, fields in grammar.items()
    },
}

# By type: a field that stands in the place of a required one.
INSTEAD: Mapping[str, tuple[str, str, Strategy]] = {
    "sale.start": ("percent", "prices", by_sku(PRICES)),
    "offer.take": ("offer", "code", text(24)),
}
# Those that may be left out and are never null.
_NEVER_NULL = {
    *(("product.add", "limit"), ("product.add", "kept"), ("sale.start", "starts_in_ms")),
    *(("viewer.ban", "everywhere"), ("viewer.unban", "everywhere")),
    *(("poll.open", "kind"), ("poll.open", "show"), ("poll.open", "guests")),
    *(("offer.open", "who"), ("offer.open", "alone"), ("offer.open", "keep_ms")),
}

# Values that no field of a kind may have, one of each: JSON of another type, or out of range.
_NOT_NUMBERS: list[Any] = [None, True, "1", 1.5, [], {}, -(2**70), 2**70]
_NOT_TEXT: list[Any] = [
    None,
    True,
    1,
    [],
    {},
    "\x00",
    "a\x1f",
    "a\n",
    "\x7f",
    "\x85",
    "\u2028",
    "x" * 3_001,
]
_NOT_LISTS: list[Any] = [None, True, 1, "x", {}, [None], [1], [""], ["a\x00"], ["x" * 65]]
_NOT_OBJECTS: list[Any] = [None, True, 1, "x", [], {}, {"": 1}, {"a": None}, {"a": "1"}, {"a": -1}]


@st.composite
def commands(draw: st.DrawFn) -> dict[str, Any]:
    """Any command of the protocol, as its JSON is read."""
    kind = draw(st.sampled_from(sorted(COMMANDS)))
    required, optional = COMMANDS[kind]
    nulls: Strategy = st.none()
    message: dict[str, Any] = {"type": kind}
    message |= draw(st.fixed_dictionaries(dict(required)))
    message |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                **{
                    name: field if (kind, name) in _NEVER_NULL else nulls | field
                    for name, field in optional.items()
                },
                "ref": nulls | st.integers(0, 2**53 - 1),
            },
        )
    )
    if kind in INSTEAD and draw(st.booleans()):
        name, other, field = INSTEAD[kind]
        del message[name]
        message[other] = draw(field)
    order = draw(st.permutations(sorted(message)))
    return {name: message[name] for name in order}


@st.composite
def spoiled_commands(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """A command that one field makes wrong, and the field's name."""
    message = draw(commands().filter(lambda each: COMMANDS[each["type"]][0]))
    name = draw(st.sampled_from(sorted(COMMANDS[message["type"]][0].keys() & message)))
    value = message[name]
    if isinstance(value, str):
        wrong: list[Any] = _NOT_TEXT
    elif isinstance(value, int):
        wrong = _NOT_NUMBERS
    else:
        wrong = _NOT_LISTS if isinstance(value, list) else _NOT_OBJECTS
    return {**message, name: draw(st.sampled_from(wrong))}, name


def values(leaves: int = 20) -> Strategy:
    """Any value of JSON that is read back as it was: numbers of 64 bits, text that is text."""
    scalars = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | ANY_TEXT
    )
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(ANY_TEXT, inner, max_size=5),
        max_leaves=leaves,
    )
