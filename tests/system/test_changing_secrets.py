"""A secret is changed without anybody being refused: two are good at once."""

_NEW = "n" * 32
