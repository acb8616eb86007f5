"""Requests are counted before their token or key is looked at, and the outcome is remembered."""

from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request

from liveshop.core import limits
from liveshop.core.claims import Grant
from liveshop.core.errors import (
    Busy,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from liveshop.core.roles import Role
from liveshop.core.settings import Settings
from liveshop.edge.clients import Clients
from liveshop.edge.http.gate import Gate
from liveshop.edge.http.key_uses import KeyUses
from liveshop.edge.http.known_keys import KnownKeys
from liveshop.edge.http.throttle import Throttle
from liveshop.edge.tokens import Tokens, make_token
from liveshop.engine.metrics import Metrics
from liveshop.stores.postgres.keys import Key, Keys
from tests.client import connected
from tests.edge.stub_engine import SECRET, Clock, running

BURST = limits.GUESSES_RATE[1]


class StoredKeys(Keys):
    """Stands for the keys in the database, and counts the look-ups."""

    def __init__(self) -> None:
        self.names = {"lsk_good": "backend", "lsk_other": "other"}
        self.asked = 0
        self.answers = anyio.Event()
        self.answers.set()
        self.away: Exception | None = None
        self.ends_ms: dict[str, int] = {}
        self.uses: list[tuple[str, int]] = []

    async def find(self, secret: str) -> Key | None:
        self.asked += 1
        name = self.names.get(secret)
        await self.answers.wait()
        if self.away:
            raise self.away
        if name is None:
            return None
        return Key(key_id=secret, name=name, expires_ms=self.ends_ms.get(secret))

    async def note_use(self, key_id: str, now_ms: int) -> None:
        self.uses.append((key_id, now_ms))
        if self.away:
            raise self.away

    async def remove(self, key_id: str) -> str:
        if key_id not in self.names:
            raise NotFound("key", key_id)
        return self.names.pop(key_id)


class CountingTokens(Tokens):
    """Counts the tokens that are verified."""

    verified = 0

    def read(self, token: str) -> Grant:
        self.verified += 1
        return super().read(token)


class AtTheGate:
    """A gate, and all that stands behind it."""

    def __init__(self, stored: StoredKeys | None = None) -> None:
        self.clock = Clock()
        self.stored = stored or StoredKeys()
        self.keys = KnownKeys(self.stored, self.clock)
        self.tokens = CountingTokens(secret=SECRET)
        settings = Settings(secret=SECRET)
        clients = Clients(settings, Metrics())
        self.tasks: list[Callable[[], Coroutine[Any, Any, None]]] = []
        uses = KeyUses(self.stored, self.tasks.append, self.clock)
        throttle = Throttle(self.clock)
        self.gate = Gate(self.tokens, self.keys, throttle, clients, uses, self.clock)

    async def carry_out(self) -> None:
        """Carry out the tasks that nobody waits for."""
        while self.tasks:
            await self.tasks.pop(0)()

    async def knock(self, bearer: str | None, address: str = "192.0.2.1") -> str:
        """Return who is let in, or the code of the refusal."""
        headers = [] if bearer is None else [(b"authorization", f"Bearer {bearer}".encode())]
        scope = {"type": "http", "client": (address, 1), "headers": headers}
        try:
            caller = await self.gate.admit(Request(scope))
        except (Unauthorized, RateLimited, Unavailable, Busy) as refusal:
            return refusal.code
        return "anyone" if caller.grant is None else caller.identity().viewer_id


def forged(number: int = 0) -> str:
    return make_token("x" * 32, viewer_id=f"u{number}", role=Role.HOST, ttl_s=60)


async def test_a_flood_of_made_up_keys_is_refused_before_the_database_is_asked() -> None:
    here = AtTheGate()
    answers = [await here.knock(f"lsk_{number}") for number in range(BURST + 1_000)]
    assert answers == ["unauthorized"] * BURST + ["rate_limited"] * 1_000
    assert here.stored.asked == BURST
    assert await here.knock("lsk_new", "192.0.2.2") == "unauthorized"
    here.clock.advance(1_000)
    answers = [await here.knock(f"lsk_{number}") for number in range(2_000, 2_100)]
    assert answers.count("unauthorized") == limits.GUESSES_RATE[0]


async def test_a_key_that_was_found_costs_one_query_a_second_and_no_guess() -> None:
    here = AtTheGate()
    for second in range(3):
        answers = [await here.knock("lsk_good") for _ in range(1_000)]
        assert answers == ["backend"] * 1_000
        assert here.stored.asked == second + 1
        here.clock.advance(limits.KEY_KNOWN_MS)
    for number in range(BURST):
        assert await here.knock(f"lsk_{number}") == "unauthorized"


async def test_a_backend_goes_on_while_somebody_at_its_address_guesses() -> None:
    here = AtTheGate()
    assert await here.knock("lsk_good") == "backend"
    for second in range(3):
        for number in range(limits.KEYS_KNOWN_MAX + 1):
            await here.knock(f"lsk_{second}_{number}")
        # So that it is looked up again, and is not among those found lately.
        here.clock.advance(limits.KEY_KNOWN_MS)
        for number in range(BURST + 1):
            await here.knock(f"lsk_{second}_more_{number}")
        assert await here.knock("lsk_more") == "rate_limited"
        assert await here.knock("lsk_good") == "backend"


async def test_a_backend_goes_on_after_another_key_was_taken_away() -> None:
    here = AtTheGate()
    assert await here.knock("lsk_good") == "backend"
    for number in range(BURST + 1):
        await here.knock(f"lsk_{number}")
    await here.keys.remove("lsk_other")
    assert await here.knock("lsk_good") == "backend"


async def test_a_key_that_was_taken_away_is_a_guess_from_then_on() -> None:
    here = AtTheGate()
    assert await here.knock("lsk_good") == "backend"
    await here.keys.remove("lsk_good")
    answers = [await here.knock("lsk_good") for _ in range(BURST + 1)]
    assert answers == ["unauthorized"] * BURST + ["rate_limited"]


async def test_a_backend_goes_on_while_as_many_keys_are_looked_up_as_may_be() -> None:
    here = AtTheGate()
    assert await here.knock("lsk_good") == "backend"
    here.clock.advance(limits.KEY_KNOWN_MS)
    here.stored.answers = anyio.Event()
    answers: list[str] = []

    async def knock() -> None:
        answers.append(await here.knock("lsk_good"))

    async with anyio.create_task_group() as tasks:
        for number in range(limits.KEYS_LOOKED_UP_MAX):
            tasks.start_soon(here.knock, f"lsk_{number}", f"192.0.2.{number % 250}")
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(knock)
        await anyio.wait_all_tasks_blocked()
        here.stored.answers.set()
    assert answers == ["backend"]


async def test_a_key_ends_at_its_instant_however_lately_it_was_looked_up() -> None:
    here = AtTheGate()
    here.stored.ends_ms["lsk_good"] = here.clock() + 5
    assert await here.knock("lsk_good") == "backend"
    here.clock.advance(4)
    assert await here.knock("lsk_good") == "backend"
    here.clock.advance(1)
    answers = [await here.knock("lsk_good") for _ in range(BURST + 1)]
    # To show an ended key is no guess: others at the address would be locked out.
    assert answers == ["unauthorized"] * (BURST + 1)
    assert here.stored.asked == 1


async def test_a_use_is_written_once_a_minute_and_no_request_waits_for_it() -> None:
    here = AtTheGate()
    begun_ms = here.clock()
    for _ in range(1_000):
        assert await here.knock("lsk_good") == "backend"
    assert here.stored.uses == []
    await here.carry_out()
    assert here.stored.uses == [("lsk_good", begun_ms)]
    here.clock.advance(limits.KEY_USE_MS - 1)
    await here.knock("lsk_good")
    await here.carry_out()
    assert here.stored.uses == [("lsk_good", begun_ms)]
    here.clock.advance(1)
    await here.knock("lsk_good")
    await here.carry_out()
    assert here.stored.uses[1:] == [("lsk_good", begun_ms + limits.KEY_USE_MS)]


@pytest.mark.parametrize("why", [Unavailable(), ValueError("no such column")], ids=repr)
async def test_a_use_that_cannot_be_written_ends_no_task_and_refuses_nobody(
    why: Exception,
) -> None:
    here = AtTheGate()
    assert await here.knock("lsk_good") == "backend"
    here.stored.away = why
    await here.carry_out()
    assert await here.knock("lsk_good") == "backend"


@pytest.mark.parametrize("shown", ["  lsk_good", "lsk_good \t", " lsk_good "])
async def test_blanks_around_a_key_are_no_part_of_it(shown: str) -> None:
    assert await AtTheGate().knock(shown) == "backend"


async def test_the_same_wrong_key_is_looked_up_once_a_second_and_counted_each_time() -> None:
    here = AtTheGate()
    answers = [await here.knock("lsk_wrong") for _ in range(BURST + 1)]
    assert answers == ["unauthorized"] * BURST + ["rate_limited"]
    assert here.stored.asked == 1


async def test_a_key_that_is_taken_away_is_refused_at_once_here_and_in_a_second_elsewhere() -> None:
    stored = StoredKeys()
    here, there = AtTheGate(stored), AtTheGate(stored)
    for each in (here, there):
        assert await each.knock("lsk_good") == "backend"
    assert await here.keys.remove("lsk_good") == "backend"
    assert await here.knock("lsk_good") == "unauthorized"
    there.clock.advance(limits.KEY_KNOWN_MS - 1)
    assert await there.knock("lsk_good") == "backend"
    there.clock.advance(1)
    assert await there.knock("lsk_good") == "unauthorized"


async def test_a_key_that_is_taken_away_while_it_is_looked_up_is_not_known_afterwards() -> None:
    here = AtTheGate()
    here.stored.answers = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(here.knock, "lsk_good")
        await anyio.wait_all_tasks_blocked()
        await here.keys.remove("lsk_good")
        here.stored.answers.set()
    assert await here.knock("lsk_good") == "unauthorized"


async def test_keys_that_are_looked_up_at_once_are_counted_before_and_are_only_so_many() -> None:
    here = AtTheGate()
    here.stored.answers = anyio.Event()
    answers: list[str] = []

    async def knock(number: int) -> None:
        answers.append(await here.knock(f"lsk_{number}", f"192.0.2.{number % 250}"))

    async with anyio.create_task_group() as tasks:
        for number in range(limits.KEYS_LOOKED_UP_MAX + 10):
            tasks.start_soon(knock, number)
        await anyio.wait_all_tasks_blocked()
        assert answers == ["busy"] * 10
        here.stored.answers.set()
    assert here.stored.asked == limits.KEYS_LOOKED_UP_MAX


async def test_keys_are_no_guesses_while_the_database_is_away() -> None:
    here = AtTheGate()
    here.stored.away = Unavailable()
    answers = [await here.knock("lsk_good") for _ in range(BURST + 1)]
    assert answers == ["unavailable"] * (BURST + 1)
    here.stored.away = None
    assert await here.knock("lsk_good") == "backend"


async def test_no_more_keys_are_known_than_may_be() -> None:
    here = AtTheGate()
    asked = limits.KEYS_KNOWN_MAX + 10
    for number in range(asked):
        await here.keys.find(f"lsk_{number}")
        here.stored.names[f"good_{number}"] = "backend"
        await here.keys.find(f"good_{number}")
    secrets = [f"{kind}_{number}" for number in range(asked) for kind in ("lsk", "good")]
    found = [secret for secret in secrets if here.keys.recall(secret) is not None]
    assert found == secrets[-limits.KEYS_KNOWN_MAX :]
    held = [secret for secret in secrets if here.keys.held(secret)]
    assert held == secrets[1::2][-limits.KEYS_KNOWN_MAX :]


async def test_a_flood_of_forged_tokens_is_refused_before_they_are_verified() -> None:
    here = AtTheGate()
    answers = [await here.knock(forged()) for _ in range(BURST + 1_000)]
    assert answers == ["unauthorized"] * BURST + ["rate_limited"] * 1_000
    assert here.tokens.verified == BURST
    assert await here.knock(None) == "anyone"


async def test_a_bearer_who_was_there_before_gets_in_while_its_address_guesses() -> None:
    here = AtTheGate()
    known, late = (make_token(SECRET, viewer_id=name, role=Role.HOST, ttl_s=60) for name in "ab")
    assert await here.knock(known) == "a"
    for _ in range(BURST):
        await here.knock(forged())
    assert [await here.knock(known), await here.knock(late)] == ["a", "rate_limited"]
    assert await here.knock(late, "192.0.2.2") == "b"


def test_a_token_that_was_read_before_ends_and_begins_when_it_says() -> None:
    clock = Clock()
    clock.now_ms = 60_000
    tokens = Tokens(secret=SECRET, now_ms=clock)
    made = jwt.encode({"sub": "u1", "role": "host", "nbf": 90, "exp": 93}, SECRET)
    assert tokens.recall(made) is None
    assert tokens.read(made).identity.viewer_id == "u1"
    assert tokens.recall(made) == tokens.read(made)
    for clock.now_ms in (59_999, 123_000):
        assert tokens.recall(made) is None
    assert tokens.recall("\ud800") is None


def test_no_more_tokens_are_known_than_may_be() -> None:
    tokens = Tokens(secret=SECRET)
    made = [
        make_token(SECRET, viewer_id=f"u{number}", role=Role.HOST, ttl_s=60)
        for number in range(limits.TOKENS_KNOWN_MAX + 10)
    ]
    for token in made:
        tokens.read(token)
    assert [token for token in made if tokens.recall(token) is not None] == made[10:]


@pytest.mark.parametrize("kind", ["HS256", "ES256"])
async def test_a_flood_of_forged_hellos_is_told_to_wait_and_may_then_say_hello_again(
    kind: str,
) -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    changed: dict[str, Any] = {} if kind == "HS256" else {"jwt_public_key": pem}
    bad = forged()
    async with running(**changed) as here:
        guesses = here.server.gateway.guesses
        for _ in range(BURST - 1):
            guesses.take("127.0.0.1")
        async with connected(here.url, "s1") as last:
            await last.send("hello", token=bad)
            assert (await last.closed()).code == 4502
        async with connected(here.url, "s1") as client:
            told = await client.ask("hello", token=bad)
            assert (told["code"], told["retry_after_ms"]) == (
                *("rate_limited", 1_000 // limits.GUESSES_RATE[0]),
            )
            here.clock.advance(told["retry_after_ms"])
            await client.hello(make_token(SECRET, viewer_id="u1", role=Role.VIEWER, ttl_s=60))
        async with connected(here.url, "s1") as anonymous:
            await anonymous.hello()


async def test_requests_without_a_token_are_counted_by_network() -> None:
    here = AtTheGate()
    answers = [
        await here.knock(None, f"2001:db8::{number:x}")
        for number in range(limits.HTTP_ANONYMOUS_RATE[1] + 1)
    ]
    assert answers == ["anyone"] * limits.HTTP_ANONYMOUS_RATE[1] + ["rate_limited"]
    assert await here.knock(None, "2001:db8:0:1::1") == "anyone"
