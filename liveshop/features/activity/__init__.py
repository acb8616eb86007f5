"""The activity log, to be read by hosts and admins: the kernel writes it."""

from liveshop.core.feature import Feature
from liveshop.features.activity.http import operations

ACTIVITY = Feature(name="activity", operations=operations)
