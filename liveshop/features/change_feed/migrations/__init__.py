"""The step of the schema that the change feed needs; it stands in the one chain."""
