"""The features of a node: each is a folder here, and one line of this list."""

from typing import Final

from liveshop.core.feature import Feature
from liveshop.features.activity import ACTIVITY
from liveshop.features.bought import BOUGHT
from liveshop.features.brand import BRAND
from liveshop.features.catalogue_import import CATALOGUE_IMPORT
from liveshop.features.change_feed import CHANGE_FEED
from liveshop.features.chat import CHAT
from liveshop.features.exports import EXPORTS
from liveshop.features.figures import FIGURES
from liveshop.features.fulfilment import FULFILMENT
from liveshop.features.guests import GUESTS
from liveshop.features.likes import LIKES
from liveshop.features.media import MEDIA
from liveshop.features.offers import OFFERS
from liveshop.features.planning import PLANNING
from liveshop.features.polls import POLLS
from liveshop.features.product_sets import PRODUCT_SETS
from liveshop.features.rehearsal import REHEARSAL
from liveshop.features.shipping import SHIPPING
from liveshop.features.webhooks import WEBHOOKS

FEATURES: Final[tuple[Feature, ...]] = (
    CHAT,
    LIKES,
    BOUGHT,
    FIGURES,
    FULFILMENT,
    POLLS,
    OFFERS,
    CATALOGUE_IMPORT,
    REHEARSAL,
    ACTIVITY,
    PLANNING,
    PRODUCT_SETS,
    GUESTS,
    MEDIA,
    BRAND,
    CHANGE_FEED,
    WEBHOOKS,
    SHIPPING,
    EXPORTS,
)
