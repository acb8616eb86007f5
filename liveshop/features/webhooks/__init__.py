"""Webhooks: messages of the change feed, signed and sent to the systems of merchants."""

from liveshop.core.feature import Feature
from liveshop.features.change_feed import CHANGE_FEED
from liveshop.features.people import PEOPLE
from liveshop.features.webhooks.http import operations
from liveshop.features.webhooks.rules import NAME
from liveshop.features.webhooks.store import Webhooks
from liveshop.features.webhooks.store_audit import AUDIT
from liveshop.features.webhooks.worker import WebhooksWorker

__all__ = ("WEBHOOKS", "Webhooks")

WEBHOOKS = Feature(
    name=NAME,
    operations=operations,
    audit=AUDIT,
    worker=WebhooksWorker,
    uses=(CHANGE_FEED, PEOPLE),
)
