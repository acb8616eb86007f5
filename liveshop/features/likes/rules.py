"""Likes: a viewer taps, and everyone sees the number rise."""

from typing import Annotated

from msgspec import Meta

from liveshop.core import limits
from liveshop.core.commands import OPEN, Command

NAME = "likes"


class Like(Command, frozen=True, kw_only=True, tag="like"):
    """Add likes; never answered."""

    feature = NAME
    when = OPEN
    count: Annotated[int, Meta(ge=1, le=limits.LIKES_PER_MESSAGE_MAX)]
