"""Uploads of pictures: drawn again in a process of its own, stored by their digest, served."""

from liveshop.core.feature import Feature
from liveshop.features.media.http import operations
from liveshop.features.media.http_files import routes
from liveshop.features.media.rules import icon_of, shared_of

__all__ = ["MEDIA", "icon_of", "shared_of"]

MEDIA = Feature(name="media", operations=operations, routes=routes)
