"""Guests: whoever follows a link takes part in its show by a name, and without an account."""

from liveshop.core.feature import Feature
from liveshop.features.change_feed import CHANGE_FEED
from liveshop.features.chat import CHAT
from liveshop.features.guests.http import operations
from liveshop.features.guests.room import GuestsRoom
from liveshop.features.guests.rules import NAME, closed_reason
from liveshop.features.people import PEOPLE

__all__ = ("GUESTS", "closed_reason")

GUESTS = Feature(
    name=NAME, room=GuestsRoom, operations=operations, uses=(CHAT, PEOPLE, CHANGE_FEED)
)
