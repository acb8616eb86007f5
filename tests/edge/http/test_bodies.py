"""Bodies that do not come as they should; what comes is tested over a socket."""

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from liveshop.core.errors import BadRequest
from liveshop.edge.http.bodies import read_body


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError("forever is over")

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(BadRequest, match="does not come"):
        await read_body(request, within_ms=1)


async def test_a_body_that_trickles_in_is_not_waited_for() -> None:
    async def receive() -> Message:
        await anyio.lowlevel.checkpoint()
        return {"type": "http.request", "body": b" ", "more_body": True}

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(BadRequest, match="too slowly"):
        await read_body(request, within_ms=1)
