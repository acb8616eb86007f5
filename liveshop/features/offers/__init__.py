"""Offers: codes, quantity breaks, buy and get, bundles, and free delivery, which change a price."""

from liveshop.core.feature import Feature
from liveshop.features.offers.http import operations
from liveshop.features.offers.limits import NAME
from liveshop.features.offers.room import OffersRoom
from liveshop.features.offers.rules import KeepSecrets, OffersPart
from liveshop.features.offers.store import keep_secrets
from liveshop.features.offers.store_audit import AUDIT
from liveshop.features.offers.views import OFFERS_SHOWN
from liveshop.features.offers.vocabulary import COMMANDS, EVENTS

OFFERS = Feature(
    name=NAME,
    commands=COMMANDS,
    events=EVENTS,
    part=OffersPart(),
    room=OffersRoom,
    # Left out if none is announced or open.
    shown=(("offers", OFFERS_SHOWN, []),),
    writers={KeepSecrets: keep_secrets},
    operations=operations,
    audit=AUDIT,
)
