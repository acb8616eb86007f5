"""The change feed: everything that happened, one message a step, in order, for other programs.

A feature with something to tell writes it by `tell`, in the transaction of what it tells of.
"""

from liveshop.core.feature import Feature
from liveshop.features.change_feed.http import operations
from liveshop.features.change_feed.rules import NAME, TypePattern, wants
from liveshop.features.change_feed.store_audit import AUDIT
from liveshop.features.change_feed.store_outbox import NEW_MESSAGES, tell
from liveshop.features.change_feed.worker import ChangeFeedWorker

__all__ = ("CHANGE_FEED", "NEW_MESSAGES", "TypePattern", "tell", "wants")

CHANGE_FEED = Feature(name=NAME, operations=operations, audit=AUDIT, worker=ChangeFeedWorker)
