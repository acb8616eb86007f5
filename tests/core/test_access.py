"""Bans and revocations, as the rules have them: whom they reach, where, and until when."""

from typing import Any

import pytest

from liveshop.core import limits
from liveshop.core.access import Ban, Bans, Revocation, Revocations
from liveshop.core.claims import Grant
from liveshop.core.roles import Identity, Role

NOW = 1_790_000_000_000


def ban(**changed: Any) -> Ban:
    given: dict[str, Any] = {
        "viewer_id": "ada",
        "session_id": "s1",
        "shop": None,
        "role": Role.MODERATOR,
        "until_ms": None,
    }
    return Ban(**given | changed)


def identity(role: Role = Role.VIEWER, viewer_id: str = "ada") -> Identity:
    return Identity(viewer_id, viewer_id, role)


def kept_out(bans: Bans, session_id: str = "s1", shop: str | None = None, **who: Any) -> bool:
    return bans.find(identity(**who), session_id, shop, NOW) is not None


def test_nobody_is_banned_where_there_is_no_ban() -> None:
    bans = Bans()
    assert not bans
    assert not kept_out(bans)


def test_a_ban_of_a_session_holds_there_and_for_that_viewer_only() -> None:
    bans = Bans()
    bans.put(ban(), NOW)
    assert bans
    assert kept_out(bans)
    assert not kept_out(bans, "s2")
    assert not kept_out(bans, viewer_id="bo")


@pytest.mark.parametrize("shop", [None, "north"])
def test_a_ban_everywhere_holds_in_all_shows_of_its_shop_and_of_no_other(shop: str | None) -> None:
    bans = Bans()
    bans.put(ban(session_id=None, shop=shop), NOW)
    assert kept_out(bans, "s1", shop)
    assert kept_out(bans, "s2", shop)
    assert not kept_out(bans, "s1", "south")


@pytest.mark.parametrize("by", [Role.MODERATOR, Role.HOST, Role.ADMIN])
def test_a_ban_reaches_lower_roles_only(by: Role) -> None:
    bans = Bans()
    bans.put(ban(role=by), NOW)
    assert [role for role in Role if kept_out(bans, role=role)] == [r for r in Role if r < by]


def test_a_ban_ends_at_its_instant_and_leaves_nothing() -> None:
    bans = Bans()
    bans.put(ban(until_ms=NOW + 1), NOW)
    assert kept_out(bans)
    assert bans.find(identity(), "s1", None, NOW + 1) is None
    bans.drop_ended(NOW + 1)
    assert not bans


def test_a_lifted_ban_is_forgotten_and_one_in_another_place_is_not() -> None:
    bans = Bans()
    bans.put(ban(), NOW)
    bans.put(ban(session_id=None), NOW)
    assert [each.everywhere for each in bans.of("s1", None, NOW)] == [True, False]
    bans.put(ban(session_id=None, until_ms=NOW), NOW)
    assert [each.everywhere for each in bans.of("s1", None, NOW)] == [False]
    bans.put(ban(until_ms=NOW - 5), NOW)
    assert not bans


def revocation(**changed: Any) -> Revocation:
    given: dict[str, Any] = {
        "revocation_id": "r1",
        "jti": None,
        "sub": None,
        "before_ms": None,
        "session_id": None,
        "shop": None,
        "role": Role.HOST,
        "at_ms": NOW,
        "by": "ho",
        "ends_ms": None,
    }
    return Revocation(**given | changed)


def grant(**changed: Any) -> Grant:
    given: dict[str, Any] = {"identity": identity(), "session_id": None}
    return Grant(**given | changed)


def revoked(each: Revocation, granted: Grant) -> bool:
    revocations = Revocations()
    revocations.put(each)
    return revocations.reach(granted)


def test_no_token_is_revoked_where_there_is_no_revocation() -> None:
    revocations = Revocations()
    assert not revocations
    assert not revocations.reach(grant(token_id="t1"))


@pytest.mark.parametrize(("token_id", "reached"), [("t1", True), ("t2", False), (None, False)])
def test_one_token_is_revoked_by_its_name(token_id: str | None, reached: bool) -> None:
    assert revoked(revocation(jti="t1"), grant(token_id=token_id)) is reached


@pytest.mark.parametrize(
    ("issued_s", "reached"), [(0, True), (NOW / 1000 - 1, True), (NOW / 1000, False)]
)
def test_a_subjects_tokens_are_revoked_if_they_were_issued_before(
    issued_s: float, reached: bool
) -> None:
    each = revocation(sub="ada", before_ms=NOW)
    assert revoked(each, grant(issued_s=issued_s)) is reached
    assert not revoked(each, grant(identity=identity(viewer_id="bo")))


def test_a_host_revokes_up_to_its_own_role_and_an_admin_all() -> None:
    for by in (Role.HOST, Role.ADMIN):
        each = revocation(sub="ada", before_ms=NOW, role=by)
        reached = [role for role in Role if revoked(each, grant(identity=identity(role)))]
        assert reached == [role for role in Role if role <= by]


def test_who_may_revoke_in_one_session_revokes_tokens_of_that_session_only() -> None:
    each = revocation(sub="ada", before_ms=NOW, session_id="s1")
    assert [revoked(each, grant(session_id=of)) for of in ("s1", "s2", None)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(("shop", "reached"), [("north", True), ("south", False), (None, False)])
def test_a_token_for_one_session_is_of_the_shop_of_that_session(
    shop: str | None, reached: bool
) -> None:
    revocations, granted = Revocations(), grant(session_id="s1")
    revocations.put(revocation(sub="ada", before_ms=NOW, shop="north"))
    assert (revocations.depends(granted), revocations.reach(granted)) == (True, False)
    assert revocations.learn("s1", shop)
    assert (revocations.depends(granted), revocations.reach(granted)) == (False, reached)
    assert not revocations.learn("s1", shop)
    for other in (grant(), grant(session_id="s2", identity=identity(viewer_id="bo"))):
        assert (revocations.depends(other), revocations.reach(other)) == (False, False)


def test_a_revocation_is_kept_until_its_tokens_have_ended_with_the_leeway() -> None:
    revocations, leeway_ms = Revocations(), limits.TOKEN_LEEWAY_S * 1000
    revocations.put(revocation(jti="t1", ends_ms=NOW + 1))
    revocations.put(revocation(jti="t2", revocation_id="r2"))
    revocations.drop_ended(NOW + leeway_ms)
    assert revocations.reach(grant(token_id="t1"))
    revocations.drop_ended(NOW + leeway_ms + 1)
    assert not revocations.reach(grant(token_id="t1"))
    assert revocations.reach(grant(token_id="t2"))
