"""The names of people: those that a feature keeps, or none."""

from collections.abc import Mapping, Sequence

from liveshop.core.feature import Vocabulary
from liveshop.core.people import People
from liveshop.core.settings import Settings
from liveshop.stores.postgres.stores import Stores


class Strangers:
    """Knows nobody: for a node without a feature that keeps names."""

    async def names_of(self, subs: Sequence[str], /) -> Mapping[str, str]:
        """Return no names."""
        return {}


def people_of(vocabulary: Vocabulary, settings: Settings, stores: Stores) -> People:
    """Return what knows the names of people on these stores."""
    makers = [each.people for each in vocabulary.features if each.people]
    assert len(makers) < 2, "one feature keeps the names"
    return makers[0](settings, stores) if makers else Strangers()
