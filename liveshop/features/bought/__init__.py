"""The public word of purchases: some of what was just bought, named as the shop chooses."""

from liveshop.core.feature import Feature
from liveshop.features.bought.http import operations
from liveshop.features.bought.room import BoughtRoom
from liveshop.features.bought.rules import NAME

BOUGHT = Feature(name=NAME, room=BoughtRoom, operations=operations)
