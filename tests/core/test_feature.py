"""A vocabulary of features: those of the list, and the lower ones that they use."""

from liveshop.core.feature import Feature, Vocabulary

_LOWEST = Feature(name="lowest")
_LOWER = Feature(name="lower", uses=(_LOWEST,))
_FIRST = Feature(name="first", uses=(_LOWER,))
_SECOND = Feature(name="second", uses=(_LOWEST, _LOWER))
_ALONE = Feature(name="alone")


def test_a_feature_comes_after_the_lower_ones_that_it_uses_and_each_of_them_once() -> None:
    features = Vocabulary((_ALONE, _FIRST, _SECOND))
    assert features.names == ("alone", "lowest", "lower", "first", "second")
    assert Vocabulary((_FIRST, _LOWEST)).names == ("lowest", "lower", "first")
    assert Vocabulary((_LOWEST, _FIRST)).names == ("lowest", "lower", "first")


def test_without_a_feature_nothing_is_there_that_only_it_uses() -> None:
    assert Vocabulary((_ALONE,)).names == ("alone",)
