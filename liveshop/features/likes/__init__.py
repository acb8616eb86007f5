"""Likes: a viewer taps, and everyone sees the number rise."""

from liveshop.core.feature import Feature
from liveshop.engine.rooms.stills import Still
from liveshop.features.likes.room import Likes
from liveshop.features.likes.rules import NAME, Like


def _refuse(still: Still, command: Like) -> None:
    raise still.ended


LIKES = Feature(name=NAME, commands=(Like,), room=Likes, still={Like: _refuse})
