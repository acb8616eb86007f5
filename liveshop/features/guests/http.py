"""Guests over HTTP: how somebody without an account takes part in a session, and is forgotten."""

from typing import Final

from liveshop.core.claims import Grant
from liveshop.core.errors import Conflict, NotAllowed, NotFound, RateLimited
from liveshop.core.feature import Vocabulary
from liveshop.core.roles import Role
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.operations import Call, Operation, Reply, Services
from liveshop.edge.http.sessions import require_session
from liveshop.edge.http.shops import owner_of_session
from liveshop.edge.http.signing import guest_token
from liveshop.features.chat import BlockedWordLists, Chat, DeleteChat
from liveshop.features.guests.http_records import GuestsView, GuestView, MadeGuest, NewGuest
from liveshop.features.guests.room import GuestsRoom
from liveshop.features.guests.rules import GUESTS_RATE, closed_reason
from liveshop.features.guests.store import Arrival, Guests, guests_of
from liveshop.features.guests.store_networks import ShutNetworks
from liveshop.features.people import Contact, KnownPeople


async def read_guests(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Say whether this server lets guests in: if not, pages need not ask anybody for a name."""
    reason = closed_reason(services.settings)
    return Reply(GuestsView(allowed=reason is None, reason=reason))


async def add_guest(services: Services, call: Call[Nothing, NewGuest]) -> Reply:
    """Let somebody without an account into a session: the token is a viewer's, for it only.

    The name is shown in the chat, and to the staff with orders; the mail is shown to nobody. The
    same `rid` with the same fields is the same guest again.
    """
    settings, new = services.settings, call.body
    if (reason := closed_reason(settings)) is not None:
        raise NotAllowed(reason)
    services.throttle.take(f"guests of {call.caller.address}", GUESTS_RATE)
    await require_session(services, call.caller, new.session)
    if await services.stores[BlockedWordLists].block(new.session, new.name):
        raise Conflict("the name has a word that is blocked here")
    sub = await _admit(services, call.caller.address, new)
    signed = guest_token(settings, sub, new.session, services.engine.node.now_ms())
    made = MadeGuest(
        token=signed.token,
        viewer_id=sub,
        session_id=new.session,
        name=new.name,
        expires_at_ms=signed.expires_at_ms,
    )
    return Reply(made, 201)


async def read_guest(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Read what is kept of the guest whose token asks."""
    grant, session_id = _guest(call)
    sub, ends_s = grant.identity.viewer_id, grant.ends_s
    contact = await _people(services).read(sub)
    if contact is None or ends_s is None:
        raise NotFound("guest", sub)
    return Reply(
        GuestView(
            viewer_id=sub,
            session_id=session_id,
            name=contact.name,
            email=contact.mail,
            expires_at_ms=int(ends_s * 1000),
        )
    )


async def forget_guest(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Forget the name and mail of the guest whose token asks, and what it said in the chat.

    Its key is destroyed. Its orders stay, without a name, and its token still reads them.
    Idempotent: repeat it until it is answered.
    """
    grant, session_id = _guest(call)
    sub = grant.identity.viewer_id
    await services[_guests].forget(sub, session_id, services.engine.node.now_ms())
    room = await services.engine.rooms.get(session_id)
    await GuestsRoom.of(room.session).forget(sub)
    for chat_id in await Chat.of(room.session).said_by(sub):
        try:
            await services.engine.execute(session_id, DeleteChat(id=chat_id))
        except NotFound:
            continue  # newer messages have pushed it out of the chat
    return Reply(None, 204)


async def _admit(services: Services, address: str, new: NewGuest) -> str:
    """Let a guest in and return its `sub`; raises what refuses it."""
    owner, node = await owner_of_session(services, new.session), services.engine.node
    shop = None if owner is None else owner.shop
    await node.stores[ShutNetworks].store(node.now_ms())
    arrival = Arrival(
        session_id=new.session,
        shop=shop,
        contact=Contact(name=new.name, mail=new.email),
        network=address,
        rid=new.rid,
        at_ms=node.now_ms(),
    )
    return await services[_guests].admit(arrival)


def _guest(call: Call[Nothing, Nothing]) -> tuple[Grant, str]:
    """Return the grant of the guest who asks, and its session; raises NotAllowed for others."""
    grant = call.caller.grant
    if grant is None or grant.session_id is None or not grant.identity.guest:
        raise NotAllowed("this needs the token of a guest")
    return grant, grant.session_id


def _people(services: Services) -> KnownPeople:
    assert isinstance(services.people, KnownPeople), "guests stand on people"
    return services.people


def _guests(services: Services) -> Guests:
    return guests_of(services.settings, services.stores, _people(services))


_OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/api/guests",
        handler=read_guests,
        scope=None,
        answers={200: GuestsView},
    ),
    Operation(
        method="POST",
        path="/api/guests",
        handler=add_guest,
        scope=None,
        answers={201: MadeGuest},
        refuses=(NotAllowed, NotFound, Conflict, RateLimited),
    ),
    Operation(
        method="GET",
        path="/api/guests/me",
        handler=read_guest,
        scope=None,
        needs=Role.VIEWER,
        answers={200: GuestView},
        refuses=(NotFound,),
    ),
    Operation(
        method="DELETE",
        path="/api/guests/me",
        handler=forget_guest,
        scope=None,
        needs=Role.VIEWER,
        answers={204: None},
        refuses=(NotFound,),
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of guests."""
    return _OPERATIONS
