"""Ballots: one durable yes of one viewer to one thing, for features that let viewers choose.

A feature lists BALLOTS in its `uses`, names its things by a letter of its own and an offset or id,
casts by `SessionBallots`, and closes a thing before it tells the result.
"""

from liveshop.core.feature import Feature
from liveshop.features.ballots.room import SessionBallots
from liveshop.features.ballots.room_metrics import BallotMetrics
from liveshop.features.ballots.rules import NAME, RATE, Ballot, Counts
from liveshop.features.ballots.store_audit import AUDIT

__all__ = ("BALLOTS", "RATE", "Ballot", "Counts", "SessionBallots")

BALLOTS = Feature(name=NAME, room=SessionBallots, metrics=BallotMetrics, audit=AUDIT)
