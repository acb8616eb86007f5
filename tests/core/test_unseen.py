"""Which names and messages others can be shown."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from liveshop.core import limits
from liveshop.core.claims import grant_of
from liveshop.core.errors import BadRequest, Unauthorized
from liveshop.core.unseen import flaw_of
from tests.fuzz.bounds import calls_of
from tests.vocabulary import VOCABULARY

_NOTHING = "has nothing to see"
_TURNS = "turns the direction of the text around it (U+202A to 202E, U+2066 to 2069)"
_PILE = "has more than 4 marks on one letter"

UNSEEN = (
    *(" ", "   ", "\u00a0", "\u2003\u2009", "\u3000", "\u205f", "\u1680"),
    *("\u3164", "\u3164\u3164", "\uffa0", "\u115f", "\u1160", "\u115f\u1160"),  # Hangul's fillers
    *("\u2800", "\u2800 \u2800"),  # braille without dots
    *("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e"),
    *("\u200e", "\u200f", "\u061c", "\u2061", "\u2064", "\u206a", "\ufff9"),
    *("\ufe0f", "\ufe00\ufe0e", "\U000e0100", "\u180b", "\u180f"),  # selectors
    *("\U000e0041\U000e0042", "\U000e0001", "\U000e007f"),  # tags
    *("\u17b4", "\u17b5", "\U0001d173", "\U0001d159", "\U00013441", "\ufffc"),
    *("\u0301", "\u0336\u0336", "\u20e3", "\u093f", "\u0e31"),  # marks on nothing
)
SEEN = (
    *(
        "a",
        ".",
        "Ada",
        "李",
        "ก",
        "😀",
        "👍🏽",
        "1\ufe0f\u20e3",
        "❤\ufe0f",
        "👨\u200d👩\u200d👧",
        "🏳\ufe0f\u200d🌈",
    ),
    *("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U0001fae8", "\ue000"),
    *("می\u200cخواهم", "क्\u200dष", "שלום\u200f!", "\u200eabc", "\u061c١٢٣", "\u0600١"),
    *("tiê\u0301\u0323ng Viê\u0323t", "Việt", "ệ", "e\u0323\u0302"),
    *("שָּׁ֖לוֹם", "מְּ֭דַבֵּר", "بِسْمِ ٱللَّٰهِ", "مُحَمَّدٌ"),
    *("น้ำ", "กี่", "ปื้น", "ที่นี่", "ກີ່", "ຫຼື້"),
    *("क्षि", "र्क्ष्म्यं", "কিঁ", "தொழிற்சாலை", "ಕ್ಷ್ಮ", "ශ්‍රී"),
    *("ကျွန်ုပ်", "ကြွှော်", "ស្ត្រី", "ហ្គ្រាំ", "བསྒྲུབས", "ཧཱུྃ", "རྐྱེན"),
    *("é" * 10, "a\u0301\u0302\u0303\u0304", "Z\u0335a\u0335", "x\u20dd"),
)
TURNING = (
    *(f"a{chr(point)}b" for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    *("\u202eada", "\u2068Ada\u2069"),
)
PILED = (
    "a\u0301\u0302\u0303\u0304\u0305",
    "H" + "\u0336\u0489\u034a\u0350\u0321" + "i",
    "ก" + "\u0e47" * 5,
    "ok " + "ש" + "\u05b0" * 9,
    "a" + "\u0301\u034f" * 5,  # with joiners between that cannot be seen
    "a" + "\u0301\ufe0f" * 5,
    "د" + "\u064b" * 6,
    "👍" + "\u20dd" * 5,
)
TABLE = (
    *((text, _NOTHING) for text in UNSEEN),
    *((text, None) for text in SEEN),
    *((text, _TURNS) for text in TURNING),
    *((text, _PILE) for text in PILED),
)


@pytest.mark.parametrize(("text", "flaw"), TABLE, ids=ascii)
def test_a_text_can_be_shown_or_has_a_flaw(text: str, flaw: str | None) -> None:
    assert flaw_of(text) == flaw


@pytest.mark.parametrize(("text", "flaw"), TABLE, ids=ascii)
def test_a_token_with_a_name_that_cannot_be_shown_is_not_valid(text: str, flaw: str | None) -> None:
    claims = {"sub": "u_1", "role": "viewer", "name": text, "exp": 2}
    if flaw is None:
        assert grant_of(claims).identity.name == text
    else:
        with pytest.raises(Unauthorized, match="the name in this token") as refused:
            grant_of(claims)
        assert refused.value.message == f"the name in this token {flaw}"


def test_a_bearer_without_a_name_is_not_shown_by_what_cannot_be_shown() -> None:
    with pytest.raises(Unauthorized, match="the name in this token"):
        grant_of({"sub": "a\u202eb", "role": "viewer", "exp": 2})


def test_an_id_that_is_not_shown_may_be_anything() -> None:
    claims = {"sub": "\u3164", "role": "viewer", "name": "Ada", "exp": 2}
    assert grant_of(claims).identity.viewer_id == "\u3164"


@pytest.mark.parametrize(("text", "flaw"), TABLE, ids=ascii)
def test_a_message_that_cannot_be_shown_is_a_bad_request(text: str, flaw: str | None) -> None:
    said = {"type": "say", "text": text}
    if flaw is None:
        assert VOCABULARY.command(said).text == text  # type: ignore[attr-defined]
    else:
        with pytest.raises(BadRequest) as refused:
            VOCABULARY.command(said)
        assert refused.value.message == f"`text` {flaw}"


@pytest.mark.parametrize(
    "kind", ["viewer.ban", "viewer.unban", "viewer.mute", "viewer.unmute", "hold.release"]
)
def test_a_command_about_a_viewer_whom_no_token_names_is_a_bad_request(kind: str) -> None:
    rid = {"rid": str(UUID(int=1))} if kind == "hold.release" else {}
    command: Any = VOCABULARY.command({"type": kind, "viewer_id": "Caf\u00e9", **rid})
    assert command.viewer_id == "Caf\u00e9"
    with pytest.raises(BadRequest) as refused:
        VOCABULARY.command({"type": kind, "viewer_id": "Cafe\u0301", **rid})
    assert refused.value.message == "`viewer_id` is not in Unicode's form NFC"


@pytest.mark.parametrize("unit", ["a\u0301", "\u0301", "\u200d", "\u0301\u034f", "の", "\u3164 "])
def test_twice_the_text_is_twice_the_work(unit: str) -> None:
    flaw_of(unit)
    once, twice = (
        calls_of(partial(flaw_of, unit * count))
        for count in (limits.CHAT_CHARS_MAX, 2 * limits.CHAT_CHARS_MAX)
    )
    assert twice <= 2 * once
