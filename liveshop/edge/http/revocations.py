"""Tokens that hold no longer: hosts revoke those of their shop or session, admins all."""

from hashlib import sha256

from liveshop.core.access import Revocation
from liveshop.core.errors import BadRequest, LimitReached
from liveshop.core.roles import Role
from liveshop.edge.http.base_records import Nothing, Page
from liveshop.edge.http.callers import Caller
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.edge.http.revocation_records import NewRevocation, RevocationList, RevocationView
from liveshop.stores.postgres.access import AccessLists


async def revoke_tokens(services: Services, call: Call[Nothing, NewRevocation]) -> Reply:
    """Revoke a token, or those of a subject issued so far; their connections are closed.

    A host reaches tokens up to a host's, and only those of the session or shop that its own token
    is for. Again, it changes nothing.
    """
    revocation = _revocation(call.caller, call.body, services.engine.node.now_ms())
    await services.engine.node.access.revoke(revocation)
    made = Made(
        about=revocation.jti or revocation.sub,
        session_id=revocation.session_id,
        shop=revocation.shop,
    )
    return Reply(_view(revocation), made=made)


async def list_revoked(services: Services, call: Call[Page, Nothing]) -> Reply:
    """List the revocations that hold: a host's are those of its session or shop."""
    caller, limit = call.caller, call.query.limit
    found = await services.stores[AccessLists].page(
        after=call.query.after or "",
        limit=limit + 1,
        session_id=caller.session_id,
        shop=caller.shop,
        now_ms=services.engine.node.now_ms(),
    )
    page = found[:limit]
    more = len(found) > limit
    views = [_view(each) for each in page]
    return Reply(RevocationList(revocations=views, next=page[-1].revocation_id if more else None))


def _revocation(caller: Caller, new: NewRevocation, now_ms: int) -> Revocation:
    identity = caller.identity()
    before_ms = None
    if new.sub is not None:
        before_ms = now_ms if new.issued_before_ms is None else new.issued_before_ms
        if before_ms > now_ms:
            # It could not be taken back: tokens that are made until then would never hold.
            raise BadRequest(f"`issued_before_ms` is later than now, {now_ms}")
    # One for each thing and place, so that revoking again takes no further room.
    named = (new.jti, new.sub, caller.session_id, caller.shop, identity.role.word)
    return Revocation(
        revocation_id=sha256(repr(named).encode()).hexdigest()[:32],
        jti=new.jti,
        sub=new.sub,
        before_ms=before_ms,
        session_id=caller.session_id,
        shop=caller.shop,
        role=identity.role,
        at_ms=now_ms,
        by=identity.viewer_id,
        ends_ms=new.ends_ms,
    )


def _view(each: Revocation) -> RevocationView:
    return RevocationView(
        id=each.revocation_id,
        jti=each.jti,
        sub=each.sub,
        issued_before_ms=each.before_ms,
        session=each.session_id,
        shop=each.shop,
        role=each.role.word,
        by=each.by,
        at_ms=each.at_ms,
        ends_ms=each.ends_ms,
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/tokens/revoke",
        handler=revoke_tokens,
        scope=None,
        needs=Role.HOST,
        answers={200: RevocationView},
        refuses=(LimitReached,),
    ),
    Operation(
        method="GET",
        path="/api/tokens/revoked",
        handler=list_revoked,
        scope=None,
        needs=Role.HOST,
        answers={200: RevocationList},
    ),
)
