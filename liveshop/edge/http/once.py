"""Requests that name themselves: sent again with the same `Idempotency-Key`, they do nothing more.

The key is taken in PostgreSQL before the work begins, so that it holds on every node. If a node
dies in the middle, nobody knows whether the work was done. The key stays taken then: a caller who
asks again is told so, and the work is not done twice.
"""

import logging
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final

from starlette.requests import Request

from liveshop.core.errors import BadRequest, Conflict, LiveshopError, OutcomeUnknown, Unavailable
from liveshop.core.limits import IDEMPOTENCY_KEY_CHARS_MAX, IDEMPOTENCY_MS
from liveshop.core.wire import encode_one
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Operation, Reply, Services
from liveshop.stores.postgres.kept_answers import KeptAnswers

_HEADER: Final = "idempotency-key"

_logger: Final = logging.getLogger(__name__)


def key_of(operation: Operation, caller: Caller, request: Request) -> str | None:
    """Return the key of a request, None if it has none or its operation takes none."""
    given = request.headers.getlist(_HEADER)
    if not given or not operation.once or caller.grant is None:
        return None
    if len(given) > 1:
        raise BadRequest("`Idempotency-Key` is given twice")
    (key,) = given
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= IDEMPOTENCY_KEY_CHARS_MAX):
        raise BadRequest(
            f"`Idempotency-Key` is up to {IDEMPOTENCY_KEY_CHARS_MAX} printable characters of ASCII"
        )
    return key


async def carry_out_once(
    services: Services,
    caller: Caller,
    key: str,
    asked: tuple[Request, object],
    work: Callable[[], Awaitable[Reply]],
) -> Reply:
    """Return the reply to a request, of now or of before; raises Conflict for another request."""
    request, body = asked
    kept, now_ms = services.stores[KeptAnswers], services.engine.node.now_ms()
    digest = _digest(request, body)
    over_ms = now_ms - IDEMPOTENCY_MS
    if not await kept.claim(caller.name, key, digest, now_ms=now_ms, over_ms=over_ms):
        return await _before(kept, caller.name, key, digest)
    try:
        reply = await work()
    except OutcomeUnknown:
        raise
    except LiveshopError:
        await kept.give_back(caller.name, key)
        raise
    content = reply.content
    answer = content if isinstance(content, bytes) else encode_one(content)
    try:
        await kept.keep(caller.name, key, reply.status, answer)
    except Unavailable:
        # It is done, and so the caller is told. Only one that is sent again is told less.
        _logger.warning("an answer for an Idempotency-Key could not be kept")
    return reply


async def _before(kept: KeptAnswers, caller: str, key: str, digest: bytes) -> Reply:
    found = await kept.read(caller, key)
    if found is not None and found.request != digest:
        raise Conflict("this Idempotency-Key was used for another request")
    if found is None or found.status is None:
        raise Conflict("the first request with this Idempotency-Key has no answer yet")
    return Reply(found.answer, found.status, kept=True)


def _digest(request: Request, body: object) -> bytes:
    named = [request.method, request.url.path, request.url.query, body]
    return sha256(encode_one(named)).digest()
