"""Shipping: what a merchant's systems bring back of an order, for its buyer and the host."""

from liveshop.core.feature import Feature
from liveshop.features.change_feed import CHANGE_FEED
from liveshop.features.shipping.http import operations
from liveshop.features.shipping.rules import NAME

__all__ = ("SHIPPING",)

SHIPPING = Feature(name=NAME, operations=operations, uses=(CHANGE_FEED,))
