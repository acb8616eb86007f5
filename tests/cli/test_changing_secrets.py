"""A secret is changed without anybody being refused: two are good at once."""

import signal

from liveshop.cli.subprocesses import free_port
from liveshop.core.close_codes import CloseCode
from liveshop.core.roles import Role
from liveshop.edge.tokens import make_token
from tests.cli.programs import SECRET, is_ready, make_session, program, serving
from tests.client import Closed, connected
from tests.waiting import wait_until

_NEW = "n" * 32


async def _welcomes(port: int, session_id: str, secret: str) -> bool:
    """Return True if a server lets somebody in who bears a token of a secret."""
    token = make_token(secret, viewer_id="ada", role=Role.VIEWER, ttl_s=600)
    async with connected(f"ws://127.0.0.1:{port}", session_id) as viewer:
        try:
            await viewer.hello(token)
        except Closed as closed:
            assert closed.code == CloseCode.BAD_TOKEN
            return False
        return True


async def test_tokens_of_the_old_secret_hold_until_it_is_taken_away(
    redis_url: str, postgres_url: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = serving(redis_url, postgres_url, port)
    session_id = ""
    for secrets, good in (
        ({"LIVESHOP_SECRET": SECRET, "LIVESHOP_SECRET_SECOND": _NEW}, (SECRET, _NEW)),
        ({"LIVESHOP_SECRET": _NEW, "LIVESHOP_SECRET_SECOND": SECRET}, (SECRET, _NEW)),
        ({"LIVESHOP_SECRET": _NEW}, (_NEW,)),
    ):
        with program("serve", environment=environment | secrets) as process:
            wait_until(lambda: is_ready(url) or process.poll() is not None)
            session_id = session_id or make_session(url)
            welcomed = [
                secret for secret in (SECRET, _NEW) if await _welcomes(port, session_id, secret)
            ]
            assert welcomed == list(good)
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0
