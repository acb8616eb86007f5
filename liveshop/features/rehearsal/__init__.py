"""A show rehearsed whole: decided by the server as in earnest, and stored nowhere."""

from liveshop.core.feature import Feature
from liveshop.features.rehearsal.http import operations

REHEARSAL = Feature(name="rehearsal", operations=operations)
