"""Buyers of a show who have no browser: guests with a name of their own, and bearers of tokens."""

from uuid import uuid4

import httpx

from liveshop.core.roles import Role
from tests.browser.shop import BrowserShow, token
from tests.client import joined


def guest(show: BrowserShow, name: str) -> str:
    """Let somebody in as a guest of the show; return the token."""
    made = {"session": show.session_id, "name": name, "rid": str(uuid4())}
    answer = httpx.post(f"{show.node.url}/api/guests", json=made).raise_for_status()
    token: str = answer.json()["token"]
    return token


async def buys(show: BrowserShow, bearer: str, sku: str, *, quantity: int = 1) -> str:
    """Buy something with a token; return the order's id once it is confirmed."""
    rid = str(uuid4())
    async with joined(_socket(show), show.session_id, bearer) as client:
        answer = await client.ask("buy", rid=rid, sku=sku, quantity=quantity)
        assert answer["type"] == "reserved", answer
        await client.wait_for_type("confirmed", order_id=rid)
    return rid


async def reserves(show: BrowserShow, name: str, *skus: str) -> None:
    """Put units into somebody's cart, as on another device of theirs."""
    bearer = token(name, Role.VIEWER)
    async with joined(_socket(show), show.session_id, bearer) as client:
        for sku in skus:
            answer = await client.ask("reserve", rid=str(uuid4()), sku=sku, quantity=1)
            assert answer["type"] == "reserved", answer


async def says(show: BrowserShow, bearer: str, text: str, *, reply_to: str | None = None) -> str:
    """Say something in the chat with a token; return the message's id."""
    fields = {} if reply_to is None else {"reply_to": reply_to}
    async with joined(_socket(show), show.session_id, bearer) as client:
        answer = await client.ask("say", text=text, **fields)
    assert answer["type"] == "ok", answer
    said: str = answer["id"]
    return said


def _socket(show: BrowserShow) -> str:
    return show.node.url.replace("http", "ws", 1)
