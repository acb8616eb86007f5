"""`liveshop token` prints a token that the server accepts, or says what it lacks."""

import time

import jwt
import pytest
from click.testing import CliRunner

from liveshop.cli.token import token

_SECRET = "s" * 32


def test_a_token_names_whom_it_was_made_for() -> None:
    arguments = ["--sub", "u_1", "--role", "host", "--name", "Ada", "--session", "s1"]
    result = CliRunner().invoke(
        token, [*arguments, "--ttl", "60"], env={"LIVESHOP_SECRET": _SECRET}
    )
    assert result.exit_code == 0
    claims = jwt.decode(result.output.strip(), _SECRET, ["HS256"])
    expires, issued = claims.pop("exp"), claims.pop("iat")
    assert expires - issued == 60
    assert claims == {"sub": "u_1", "role": "host", "name": "Ada", "session": "s1"}
    assert 50 < expires - time.time() <= 60


def test_what_is_not_given_is_not_claimed() -> None:
    result = CliRunner().invoke(token, ["--sub", "u_1"], env={"LIVESHOP_SECRET": _SECRET})
    claims = jwt.decode(result.output.strip(), _SECRET, ["HS256"])
    assert set(claims) == {"sub", "role", "iat", "exp"}
    assert claims["role"] == "viewer"


@pytest.mark.parametrize(
    ("arguments", "secret", "message"),
    [
        (["--sub", "u_1"], "", "LIVESHOP_SECRET is not set"),
        (["--sub", "u_1"], "short", "LIVESHOP_SECRET: it must have at least 32 bytes"),
        (["--sub", "u" * 65], _SECRET, "the server would refuse this token"),
        (["--sub", ""], _SECRET, "the server would refuse this token"),
    ],
)
def test_a_token_that_cannot_hold_is_not_printed(
    arguments: list[str], secret: str, message: str
) -> None:
    result = CliRunner().invoke(token, arguments, env={"LIVESHOP_SECRET": secret})
    assert result.exit_code == 1
    assert message in result.output
    assert result.output.count("\n") == 1
