"""Product sets: named lists of products, and how they come to a show's shelf."""

from liveshop.core.feature import Feature
from liveshop.features.product_sets.http import operations
from liveshop.features.product_sets.room import SetsRoom
from liveshop.features.product_sets.rules import NAME, SetsPart

PRODUCT_SETS = Feature(name=NAME, part=SetsPart(), room=SetsRoom, operations=operations)
