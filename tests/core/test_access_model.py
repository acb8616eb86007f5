"""Bans and revocations do what lists that are walked whole each time would do."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from liveshop.core import limits
from liveshop.core.access import Ban, Bans, Place, Revocation, Revocations
from liveshop.core.claims import Grant
from liveshop.core.roles import Identity, Role

_PLACES: Final[tuple[Place, ...]] = (("s1", None), ("s2", None), (None, None), (None, "north"))
_VIEWERS: Final = ("ada", "bo", "cy")
_LEEWAY_MS: Final = limits.TOKEN_LEEWAY_S * 1000

_places = st.sampled_from(_PLACES)
_ends = st.none() | st.integers(0, 12)


@st.composite
def _bans(draw: st.DrawFn, place: Place | None = None) -> Ban:
    session_id, shop = place or draw(_places)
    return Ban(
        viewer_id=draw(st.sampled_from(_VIEWERS)),
        session_id=session_id,
        shop=shop,
        role=draw(st.sampled_from((Role.MODERATOR, Role.HOST))),
        until_ms=draw(_ends),
    )


@st.composite
def _read(draw: st.DrawFn) -> tuple[Place, list[Ban]]:
    place = draw(_places)
    return place, draw(st.lists(_bans(place), unique_by=lambda ban: ban.viewer_id))


_steps = st.lists(
    st.tuples(st.just("put"), _bans())
    | st.tuples(st.just("replace"), _read())
    | st.tuples(st.just("forget"), _places)
    | st.tuples(st.just("wait"), st.integers(0, 4))
)


class _Model:
    """All bans in one list; the last of a viewer in a place counts."""

    def __init__(self) -> None:
        self.bans: list[Ban] = []

    def put(self, ban: Ban) -> None:
        where = (ban.place, ban.viewer_id)
        self.bans = [each for each in self.bans if (each.place, each.viewer_id) != where] + [ban]

    def forget(self, place: Place) -> None:
        self.bans = [ban for ban in self.bans if ban.place != place]

    def in_place(self, place: Place, now_ms: int) -> list[Ban]:
        return [ban for ban in self.bans if ban.place == place and ban.holds_at(now_ms)]


@given(_steps)
def test_bans_are_those_that_a_list_of_all_would_have(steps: list[tuple[str, object]]) -> None:
    bans, model, now_ms = Bans(), _Model(), 0
    for step in steps:
        match step:
            case "put", Ban() as ban:
                bans.put(ban, now_ms)
                model.put(ban)
            case "replace", ((str() | None as session_id, str() | None as shop), list(read)):
                place = (session_id, shop)
                bans.replace(place, read, now_ms)
                model.forget(place)
                for ban in read:
                    model.put(ban)
            case "forget", (str() | None as session_id, str() | None as shop):
                place = (session_id, shop)
                bans.forget(place)
                model.forget(place)
            case "wait", int(ms):
                now_ms += ms
                bans.drop_ended(now_ms)
        for each in _PLACES:
            known = model.in_place(each, now_ms)
            assert list(bans.in_place(each, now_ms)) == known
            assert bans.count(each) == len(known), "one that is over is not counted"
            for viewer_id in _VIEWERS:
                found = next((ban for ban in known if ban.viewer_id == viewer_id), None)
                assert bans.at(each, viewer_id, now_ms) == found
        assert bool(bans) == any(ban.holds_at(now_ms) for ban in model.bans)


@st.composite
def _revocations(draw: st.DrawFn) -> Revocation:
    jti = draw(st.none() | st.sampled_from(("t1", "t2")))
    return Revocation(
        revocation_id=draw(st.sampled_from(("r1", "r2", "r3"))) + (jti or ""),
        jti=jti,
        sub=None if jti else "ada",
        before_ms=None if jti else 10_000,
        session_id=None,
        shop=None,
        role=Role.HOST,
        at_ms=0,
        by="ho",
        ends_ms=draw(_ends),
    )


@given(st.lists(_revocations() | st.integers(0, 4) | st.lists(_revocations(), max_size=3)))
def test_a_token_is_revoked_if_a_list_of_all_revocations_says_so(
    steps: list[Revocation | int | list[Revocation]],
) -> None:
    revocations, model, now_ms = Revocations(), dict[str, Revocation](), _LEEWAY_MS
    for step in steps:
        if isinstance(step, Revocation):
            revocations.put(step)
            model[step.revocation_id] = step
        elif isinstance(step, int):
            now_ms += step
            revocations.drop_ended(now_ms)
            model = {name: each for name, each in model.items() if _holds(each, now_ms)}
        else:
            revocations.replace(step)
            model = {each.revocation_id: each for each in step}
        for token_id in ("t1", "t2", None):
            grant = Grant(Identity("ada", "Ada", Role.VIEWER), None, token_id=token_id)
            named = [each for each in model.values() if each.jti in (None, token_id)]
            assert revocations.reach(grant) == any(each.reaches(grant, None) for each in named)
        assert bool(revocations) == bool(model)


def _holds(revocation: Revocation, now_ms: int) -> bool:
    return revocation.ends_ms is None or now_ms < revocation.ends_ms + _LEEWAY_MS
