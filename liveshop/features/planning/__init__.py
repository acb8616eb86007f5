"""Planning: a show is cloned, or planned for every week."""

from liveshop.core.feature import Feature
from liveshop.features.planning.http import operations
from liveshop.features.planning.rules import NAME, SaveOrigin
from liveshop.features.planning.store import save_origin

PLANNING = Feature(name=NAME, writers={SaveOrigin: save_origin}, operations=operations)
