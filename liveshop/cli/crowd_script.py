"""The acts of the demo's crowd, by name: the same ones from the same seed, and so many at most."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

NAMES: Final = (
    *("Amira", "Bruno", "Céline", "Dragan", "Eun-ji", "Femi", "Giulia", "Haruka"),
    *("Ивана", "José", "Kofi", "Līga", "মিতা", "Nils", "Øyvind", "Παύλος"),
    *("Quinn", "Rosa", "سارة", "Tomás", "美咲", "Vera", "王芳", "Zofia"),
)
ACTS_MAX: Final = 20_000
ORDERS_MAX: Final = 480
_WAIT_S: Final = (0.4, 2.4)
_ANSWER_S: Final = (2.5, 7.0)
_REMEMBERED_MAX: Final = 8
# Of a hundred acts.
_LIKES, _WORDS, _QUESTIONS = 42, 20, 16
# Of a hundred purchases, as many are of what is shown.
_SHOWN: Final = 80

# A question about a product, and what somebody who has it says.
_ABOUT: Final = {
    "ocean-linen-shirt": (
        ("does the {title} shrink in the wash?", "I wash mine at 40, it has kept its size"),
        ("is the linen see-through?", "not at all, and it has a pocket for sunglasses"),
    ),
    "becher-morgenroete": (("dishwasher?", "yes, mine has been through it for a year"),),
    "aizome-tote": (("does the indigo rub off?", "the first two days, a cold wash ends that"),),
    "echarpe-merinos": (("wie warm ist der Schal?", "sehr, I wear nothing else in January"),),
    "platok-yarmarka": (("а он шёлковый?", "шерсть с шёлком, лёгкий"),),
    "qahwa-hayl": (("is it ground or whole beans?", "ground, fine enough for a cezve"),),
    "harbour-beanie": (("does the beanie itch?", "no, it is lined"),),
    "masala-chai": (("how spicy is it?", "ginger first, then cardamom. Good with oat milk"),),
    "terra-plant-pot": (
        ("does the pot have a hole?", "it does, and a saucer comes with it"),
        ("which size for a monstera?", "18 cm now, 24 in a year"),
    ),
    "walnut-desk-lamp": (("is the bulb in the box?", "yes, a warm one"),),
    "trail-socks": (("are they warm?", "thin and dry, more for running than for the snow"),),
    "sontteugae-janggap": (("do they work with a phone?", "the thumb and first finger do"),),
    "sapouni-elias": (("έχει άρωμα;", "μόνο ελιά, πολύ διακριτικό"),),
}
_ANY: Final = (
    ("when does the parcel leave?", "mine left the day after the last show"),
    ("¿hacen envíos a España?", "sí, a mí me llegó en cuatro días"),
)
_WORDS_OF_JOY: Final = (
    *("love that colour", "so soft 😍", "hello from Lisbon!", "c'est très joli", "素敵ですね"),
    *("my sister has this one", "can we see the back?", "👏👏👏", "جميل جدا", "好漂亮"),
    *("first time here, hi all", "γεια από τη Θεσσαλονίκη", "that glaze!", "🔥"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The show as the crowd sees it: what is shown, by id and title, and the SKUs left to buy."""

    is_live: bool
    shown: tuple[tuple[str, str], ...]
    shown_skus: Sequence[str]
    other_skus: Sequence[str]


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a visitor, `wait_s` after the one before: exactly one of the others is set."""

    wait_s: float
    visitor: int
    likes: int = 0
    text: str = ""
    sku: str = ""


class CrowdScript:
    """The acts of a crowd, one after the other; there are at most `ACTS_MAX`."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._acts = 0
        self._orders = 0
        self._said: list[str] = []
        # The answer that somebody else gives next, and who asked.
        self._answer: tuple[str, int] | None = None

    def next(self, look: Callable[[int], Seen]) -> Act | None:
        """Return the next act; None once the script has ended.

        `look` says what a visitor sees, whose number it is given.
        """
        if self._acts >= ACTS_MAX:
            return None
        self._acts += 1
        visitor = self._random.randrange(len(NAMES))
        if self._answer is not None and self._random.random() < 0.7:
            return self._answered(visitor)
        wait_s = self._random.uniform(*_WAIT_S)
        seen = look(visitor)
        choice = self._random.randrange(100)
        if choice < _LIKES:
            return Act(wait_s, visitor, likes=self._random.randint(1, 5))
        if choice < _LIKES + _WORDS:
            return Act(wait_s, visitor, text=self._fresh(_WORDS_OF_JOY))
        if choice < _LIKES + _WORDS + _QUESTIONS:
            return Act(wait_s, visitor, text=self._question(visitor, seen))
        return self._bought(wait_s, visitor, seen)

    def _answered(self, visitor: int) -> Act:
        assert self._answer is not None
        text, asker = self._answer
        self._answer = None
        if visitor == asker:
            visitor = (visitor + 1) % len(NAMES)
        return Act(self._random.uniform(*_ANSWER_S), visitor, text=f"{NAMES[asker]}: {text}")

    def _question(self, visitor: int, seen: Seen) -> str:
        known = [
            (question.format(title=title), answer)
            for product_id, title in seen.shown
            for question, answer in _ABOUT.get(product_id, ())
        ]
        pairs = dict(known or _ANY)
        question = self._fresh(tuple(pairs))
        self._answer = (pairs[question], visitor)
        return question

    def _bought(self, wait_s: float, visitor: int, seen: Seen) -> Act:
        skus = seen.other_skus
        if seen.shown_skus and (not skus or self._random.randrange(100) < _SHOWN):
            skus = seen.shown_skus
        if not seen.is_live or not skus or self._orders >= ORDERS_MAX:
            return Act(wait_s, visitor, likes=1)
        self._orders += 1
        return Act(wait_s, visitor, sku=self._random.choice(skus))

    def _fresh(self, texts: Sequence[str]) -> str:
        """Return one of the texts that nobody has said lately, if there is one."""
        fresh = [text for text in texts if text not in self._said]
        text = self._random.choice(fresh or list(texts))
        self._said = [*self._said, text][-_REMEMBERED_MAX:]
        return text
