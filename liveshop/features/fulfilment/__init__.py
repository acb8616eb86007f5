"""The work after a show: its orders for a spreadsheet, what goes into each parcel, and slips."""

from liveshop.core.feature import Feature
from liveshop.features.fulfilment.http import operations
from liveshop.features.fulfilment.rules import NAME

FULFILMENT = Feature(name=NAME, operations=operations)
