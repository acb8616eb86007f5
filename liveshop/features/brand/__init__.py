"""The brand of a shop: name, pictures, colour and font, on its pages and on links to them."""

from liveshop.core.feature import Feature
from liveshop.features.brand.http import operations
from liveshop.features.brand.http_head import find_head

BRAND = Feature(name="brand", operations=operations, head=find_head)
