"""The vocabulary of a whole node, as most tests use it."""

from liveshop.core.feature import Vocabulary
from liveshop.features import FEATURES

VOCABULARY = Vocabulary(FEATURES)
