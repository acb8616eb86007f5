"""Tokens: every fault is Unauthorized."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from liveshop.core.errors import LivesTooLong, NotYetValid, Unauthorized
from liveshop.core.roles import Identity, Role
from liveshop.edge.tokens import Tokens, Trust, make_token

SECRET = "a secret of at least thirty-two bytes"
TOKENS = Tokens(secret=SECRET)


def claims(**changed: Any) -> dict[str, Any]:
    given = {"sub": "u_81", "name": "Ada", "role": "viewer", "exp": time.time() + 60, **changed}
    return {claim: value for claim, value in given.items() if value is not None}


def token(**changed: Any) -> str:
    return jwt.encode(claims(**changed), SECRET)


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def assert_refused(tokens: Tokens, bad: str) -> None:
    with pytest.raises(Unauthorized):
        tokens.identify(bad, "s1")


def test_a_good_token_names_its_bearer() -> None:
    made = make_token(SECRET, viewer_id="u_81", role=Role.HOST, ttl_s=60, name="Ada")
    assert TOKENS.identify(made, "s1") == Identity("u_81", "Ada", Role.HOST)


def test_a_bearer_without_a_name_is_shown_by_its_id() -> None:
    assert TOKENS.identify(token(name=None), "s1") == Identity("u_81", "u_81", Role.VIEWER)


def test_a_token_of_one_session_is_good_in_that_one_alone() -> None:
    assert TOKENS.identify(token(session="s1"), "s1").viewer_id == "u_81"
    assert TOKENS.read(token(session="s1")).session_id == "s1"
    assert TOKENS.read(token()).session_id is None
    assert_refused(TOKENS, token(session="s2"))


@pytest.mark.parametrize(
    ("claimed", "issued_s"),
    [(1_790_000_000, 1_790_000_000), (17.5, 17.5), (None, 0), ("17", 0), (True, 0), ([], 0)],
)
def test_a_token_says_when_it_was_issued_or_counts_as_the_oldest(
    claimed: Any, issued_s: float
) -> None:
    assert TOKENS.read(token(iat=claimed)).issued_s == issued_s


@pytest.mark.parametrize("claimed", [float("nan"), float("inf"), -float("inf")])
def test_an_issue_that_is_no_instant_counts_as_the_oldest(claimed: float) -> None:
    assert TOKENS.read(token(iat=claimed)).issued_s == 0


@pytest.mark.parametrize(("claimed", "token_id"), [("t1", "t1"), (None, None)])
def test_a_token_has_the_name_that_its_issuer_gave_it(claimed: Any, token_id: str | None) -> None:
    assert TOKENS.read(token(jti=claimed)).token_id == token_id


def test_claims_that_are_not_ours_are_ignored() -> None:
    ahead = int(time.time()) + 3600
    assert TOKENS.identify(token(iat=ahead, iss="shop", plan="gold"), "s1").viewer_id == "u_81"


@pytest.mark.parametrize("audience", ["another service", ["shop", "another service"], "", 7])
def test_an_identity_provider_may_name_any_audience(audience: Any) -> None:
    assert TOKENS.identify(token(aud=audience), "s1").viewer_id == "u_81"


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": None},
        {"exp": time.time() - 31},
        {"exp": "soon"},
        {"exp": {}},
        {"exp": str(int(time.time()) + 3600)},
        {"exp": True},
        {"exp": float("inf")},
        {"sub": None},
        {"sub": ""},
        {"sub": "u" * 65},
        {"sub": "u\x1f1"},
        {"sub": " u_81"},
        {"sub": "u_81\u00a0"},
        {"sub": "u\u0308_81"},
        {"sub": "#house"},
        {"role": None},
        {"role": "owner"},
        {"role": 4},
        {"role": "VIEWER"},
        {"name": 7},
        {"name": "A" * 65},
        {"session": 1},
        {"nbf": time.time() + 3600},
        {"nbf": str(int(time.time()))},
        {"nbf": float("nan")},
    ],
)
def test_a_token_with_a_bad_claim_is_refused(changed: dict[str, Any]) -> None:
    assert_refused(TOKENS, token(**changed))


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({"exp": 10**400}, False),
        ({"exp": 10**400, "iat": 1.5}, False),
        ({"iat": -(10**400)}, False),
        ({"iat": 10**400}, True),
        ({"nbf": -(10**400), "iat": time.time()}, True),
    ],
)
def test_an_instant_of_hundreds_of_digits_is_the_end_of_time(
    changed: dict[str, Any], holds: bool
) -> None:
    anyhow, bounded = Tokens(secret=SECRET), Tokens(secret=SECRET, staff_life_s_max=3_600)
    signed = token(role="host", **changed)
    assert abs(anyhow.read(signed).ends_s or 0) <= 253_402_300_799
    assert anyhow.recall(signed) is not None
    if holds:
        assert bounded.identify(signed, "s1").viewer_id == "u_81"
        return
    with pytest.raises(LivesTooLong):
        bounded.read(signed)


def test_times_are_compared_with_the_clock_that_is_given() -> None:
    now_s = int(time.time())
    late = Tokens(secret=SECRET, now_ms=lambda: (now_s + 7200) * 1000)
    begins_later = token(nbf=now_s + 3600, exp=now_s + 7201)
    assert late.identify(begins_later, "s1").viewer_id == "u_81"
    assert_refused(TOKENS, begins_later)
    assert_refused(late, token(exp=now_s + 7200 - 30))


def test_a_subject_that_is_a_number_is_refused() -> None:
    signed = jwt.api_jws.PyJWS().encode(json.dumps(claims(sub=81)).encode(), SECRET)
    assert_refused(TOKENS, signed)


@pytest.mark.parametrize("bad", ["", "a.b", "a.b.c", "…", "\ud800.a.b", "." * 3, "e30.e30.e30"])
def test_what_is_no_token_at_all_is_refused(bad: str) -> None:
    assert_refused(TOKENS, bad)


def test_a_token_that_was_tampered_with_is_refused() -> None:
    head, _, signature = token().split(".")
    _, other, _ = token(role="admin").split(".")
    assert_refused(TOKENS, f"{head}.{other}.{signature}")


def test_a_token_without_a_signature_is_refused() -> None:
    unsigned = jwt.encode(claims(role="admin"), "", algorithm="none")
    assert_refused(TOKENS, unsigned)


def test_an_algorithm_that_nobody_asked_for_is_refused() -> None:
    long_secret = SECRET * 2
    assert_refused(Tokens(secret=long_secret), jwt.encode(claims(), long_secret, "HS512"))


def test_a_token_made_with_another_secret_is_refused() -> None:
    assert_refused(Tokens(secret="another secret of at least thirty-two bytes"), token())


def test_a_public_key_checks_tokens_of_its_own_kind() -> None:
    for key, algorithm in (
        (rsa.generate_private_key(65537, 2048), "RS256"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
    ):
        tokens = Tokens(secret=SECRET, public_key=public_pem(key))
        signed = jwt.encode(claims(), key, algorithm)
        assert tokens.identify(signed, "s1").viewer_id == "u_81"
        assert tokens.identify(token(), "s1").viewer_id == "u_81"
        assert_refused(Tokens(secret=SECRET), signed)


def test_two_secrets_are_good_at_once_and_the_old_one_no_longer_once_it_is_taken_away() -> None:
    new = "the secret that comes after it, as long as that"
    before, after = token(), jwt.encode(claims(), new)
    for both in (
        Tokens(secret=SECRET, second_secret=new),
        Tokens(secret=new, second_secret=SECRET),
    ):
        assert both.identify(before, "s1").viewer_id == "u_81"
        assert both.identify(after, "s1").viewer_id == "u_81"
        assert_refused(both, jwt.encode(claims(), "a third secret of at least thirty-two bytes"))
        assert_refused(both, jwt.encode(claims(exp=time.time() - 31), new))
    alone = Tokens(secret=new)
    assert_refused(alone, before)
    assert alone.identify(after, "s1").viewer_id == "u_81"


def test_two_public_keys_are_good_at_once_of_one_kind_or_two() -> None:
    old, new = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    other = rsa.generate_private_key(65537, 2048)
    both = Tokens(public_key=public_pem(new), second_public_key=public_pem(old))
    for key in (old, new):
        assert both.identify(jwt.encode(claims(), key, "ES256"), "s1").viewer_id == "u_81"
    signed = jwt.encode(claims(), other, "RS256")
    assert_refused(both, signed)
    mixed = Tokens(public_key=public_pem(other), second_public_key=public_pem(old))
    assert mixed.identify(signed, "s1").viewer_id == "u_81"
    assert_refused(mixed, jwt.encode(claims(), new, "ES256"))


def test_a_public_key_is_no_secret() -> None:
    pem = public_pem(rsa.generate_private_key(65537, 2048))
    signing = jwt.api_jws.PyJWS()
    key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head = signing.encode(json.dumps(claims(role="admin")).encode(), SECRET).rsplit(".", 1)[0]
    signature = base64.urlsafe_b64encode(key.sign(head.encode(), pem.encode())).rstrip(b"=")
    assert_refused(Tokens(public_key=pem), f"{head}.{signature.decode()}")


def test_a_key_on_another_curve_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="P-256"):
        Tokens(public_key=public_pem(ec.generate_private_key(ec.SECP384R1())))


@pytest.mark.parametrize("claim", ["sub", "name", "session", "role"])
def test_half_a_character_in_a_claim_is_refused(claim: str) -> None:
    assert_refused(TOKENS, token(**{claim: "cut \ud83d"}))


@pytest.mark.parametrize(
    ("begins_s", "ends_s", "holds"),
    [(-60, 60, True), (30, 60, True), (31, 60, False), (-60, -29, True), (-60, -30, False)],
)
def test_an_issuers_clock_may_differ_from_ours_by_thirty_seconds(
    begins_s: int, ends_s: int, holds: bool
) -> None:
    now_s = int(time.time())
    tokens = Tokens(secret=SECRET, now_ms=lambda: now_s * 1000)
    signed = token(nbf=now_s + begins_s, exp=now_s + ends_s)
    if holds:
        assert tokens.identify(signed, "s1").viewer_id == "u_81"
        assert tokens.recall(signed) is not None
    else:
        assert_refused(tokens, signed)


def test_a_token_that_begins_later_says_in_how_long() -> None:
    now_s = int(time.time())
    tokens = Tokens(secret=SECRET, now_ms=lambda: now_s * 1000)
    with pytest.raises(NotYetValid) as refusal:
        tokens.read(token(nbf=now_s + 45, exp=now_s + 99))
    assert refusal.value.begins_in_ms == 15_000


TRUST = Trust(issuer="https://id.example", audience="liveshop", role_max=Role.MODERATOR)
TRUSTED = {"iss": "https://id.example", "aud": "liveshop", "role": "moderator"}


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, True),
        ({"role": "viewer"}, True),
        ({"aud": ["another", "liveshop"]}, True),
        ({"aud": None}, False),
        ({"aud": "another"}, False),
        ({"aud": []}, False),
        ({"aud": {"liveshop": 1}}, False),
        ({"aud": [["liveshop"]]}, False),
        ({"iss": None}, False),
        ({"iss": "https://id.example/"}, False),
        ({"iss": "HTTPS://ID.EXAMPLE"}, False),
        ({"role": "host"}, False),
        ({"role": "admin"}, False),
    ],
)
def test_a_key_is_trusted_with_its_issuer_audience_and_highest_role(
    changed: dict[str, Any], holds: bool
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    new = "the secret that comes after it, as long as that"
    given = claims(**TRUSTED | changed)
    for tokens, signed in (
        (Tokens(secret=SECRET, secret_trust=TRUST), jwt.encode(given, SECRET)),
        (Tokens(secret=SECRET, second_secret=new, secret_trust=TRUST), jwt.encode(given, new)),
        (
            Tokens(secret=SECRET, public_key=public_pem(key), public_key_trust=TRUST),
            jwt.encode(given, key, "ES256"),
        ),
        (
            Tokens(secret=SECRET, second_public_key=public_pem(key), public_key_trust=TRUST),
            jwt.encode(given, key, "ES256"),
        ),
    ):
        if holds:
            assert tokens.identify(signed, "s1").viewer_id == "u_81"
        else:
            with pytest.raises(Unauthorized) as refusal:
                tokens.read(signed)
            assert refusal.value.message == "this needs a valid token"


def test_what_one_key_must_claim_the_other_need_not() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    tokens = Tokens(secret=SECRET, public_key=public_pem(key), public_key_trust=TRUST)
    assert tokens.identify(token(role="admin"), "s1").role is Role.ADMIN
    assert_refused(tokens, jwt.encode(claims(role="admin", **{"iss": "x"}), key, "ES256"))


@pytest.mark.parametrize(
    ("role", "issued_s", "ends_s", "holds"),
    [
        ("host", 0, 3_600, True),
        ("host", 0, 3_631, False),
        ("moderator", None, 3_631, False),
        ("admin", None, 3_630, True),
        ("host", -7_200, 60, False),
        ("host", 60, 3_631, False),
        ("viewer", 0, 10**9, True),
    ],
)
def test_a_token_of_the_staff_lives_no_longer_than_the_operator_allows(
    role: str, issued_s: int | None, ends_s: int, holds: bool
) -> None:
    now_s = int(time.time())
    tokens = Tokens(secret=SECRET, staff_life_s_max=3_600, now_ms=lambda: now_s * 1000)
    issued = None if issued_s is None else now_s + issued_s
    signed = token(role=role, iat=issued, exp=now_s + ends_s)
    if holds:
        assert tokens.identify(signed, "s1").viewer_id == "u_81"
        return
    with pytest.raises(LivesTooLong, match="LIVESHOP_STAFF_TOKEN_LIFE_MAX_S is 3600"):
        tokens.read(signed)
    assert tokens.recall(signed) is None
